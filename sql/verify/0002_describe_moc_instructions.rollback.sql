-- moc_instructions has nothing of what an instruction page shows

DO $$
DECLARE
    remains text;
BEGIN
    SELECT string_agg(attname, ', ') INTO remains
    FROM pg_attribute
    WHERE attrelid = 'moc_instructions'::regclass AND NOT attisdropped
      AND attname IN (
        'slug', 'designer', 'dimensions', 'instructions_metadata', 'alternate_build',
        'features', 'source_platform', 'event_badges', 'moderation', 'platform_category_id',
        'description_html', 'short_description', 'difficulty', 'build_time_hours',
        'age_recommendation', 'status', 'visibility', 'is_featured', 'is_verified',
        'published_at', 'finalized_at', 'finalizing_at', 'added_by_user_id',
        'last_updated_by_user_id'
    );
    ASSERT remains IS NULL, 'moc_instructions still has ' || remains;
END
$$;

-- The key is gone, too.
DO $$
BEGIN
    ASSERT NOT EXISTS (SELECT FROM pg_constraint
                       WHERE conrelid = 'moc_instructions'::regclass
                         AND conname = 'moc_instructions_user_slug_unique'),
        'still there: moc_instructions_user_slug_unique';
END
$$;
