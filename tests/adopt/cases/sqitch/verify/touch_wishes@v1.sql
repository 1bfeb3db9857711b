-- Verify shop:touch_wishes on pg

BEGIN;

SELECT 'touch()'::regprocedure;

ROLLBACK;
