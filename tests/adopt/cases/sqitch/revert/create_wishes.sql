-- Revert shop:create_wishes from pg

BEGIN;

DROP TABLE wishes;

COMMIT;
