-- files of a model can be deleted and brought back
-- depends: 0000_create_galleries_and_instructions

-- With time zone, unlike the older columns: these are compared with the clock of the job that
-- removes files for good, and that must not depend on the session's time zone.
-- now() is stable, not volatile: it is evaluated once, here, and no row is rewritten. Rows that
-- are already there show the time of this migration as updated_at.
ALTER TABLE moc_files
    ADD COLUMN updated_at timestamptz DEFAULT now(),
    ADD COLUMN deleted_at timestamptz;

COMMENT ON COLUMN moc_files.updated_at IS 'Kept by the application. For rows older than this column: when the column was added.';
COMMENT ON COLUMN moc_files.deleted_at IS 'When the user deleted the file; null while it is there. Every reader filters on it.';
