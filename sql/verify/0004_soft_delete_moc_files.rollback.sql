-- files of a model have no times of change and deletion

DO $$
DECLARE
    remains text;
BEGIN
    SELECT string_agg(attname, ', ') INTO remains
    FROM pg_attribute
    WHERE attrelid = 'moc_files'::regclass AND NOT attisdropped
      AND attname IN ('updated_at', 'deleted_at');
    ASSERT remains IS NULL, 'moc_files still has ' || remains;
END
$$;
