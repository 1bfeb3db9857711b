-- files of a model are deleted at once again
--
-- DATA IS LOST. The times, and with deleted_at the knowledge of which files are deleted: such
-- files would be shown again. Remove them for good first if that must not be:
--     DELETE FROM moc_files WHERE deleted_at IS NOT NULL;
-- It is not done here, because rows cannot be brought back and a rollback often is.

ALTER TABLE moc_files
    DROP COLUMN deleted_at,
    DROP COLUMN updated_at;
