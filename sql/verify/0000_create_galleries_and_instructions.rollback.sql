-- no table of galleries and instructions remains

DO $$
DECLARE
    remains text;
BEGIN
    SELECT string_agg(name, ', ') INTO remains
    FROM unnest(ARRAY[
        'gallery_albums', 'gallery_images', 'gallery_flags', 'moc_instructions', 'moc_files',
        'moc_gallery_albums', 'moc_gallery_images', 'moc_parts_lists'
    ]) AS name
    WHERE to_regclass(name) IS NOT NULL;
    ASSERT remains IS NULL, 'still there: ' || remains;
END
$$;
