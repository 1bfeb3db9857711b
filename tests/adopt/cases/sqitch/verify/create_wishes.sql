-- Verify shop:create_wishes on pg

BEGIN;

SELECT id, title, changed_at FROM wishes WHERE false;

ROLLBACK;
