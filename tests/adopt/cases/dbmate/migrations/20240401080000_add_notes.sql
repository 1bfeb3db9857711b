-- migrate:up
ALTER TABLE wishes ADD COLUMN note text;

-- migrate:down
