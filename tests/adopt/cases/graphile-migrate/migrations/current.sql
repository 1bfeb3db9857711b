ALTER TABLE wishes ADD COLUMN note text;
