-- Deploy shop:add_notes to pg

BEGIN;

ALTER TABLE wishes ADD COLUMN note text;

COMMIT;
