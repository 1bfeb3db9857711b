-- nothing ties pictures to their set; the index, which is older, stays

DO $$
BEGIN
    ASSERT NOT EXISTS (SELECT FROM pg_constraint
                       WHERE conrelid = 'set_images'::regclass
                         AND conname = 'set_images_set_id_fkey'),
        'still there: set_images_set_id_fkey';
    ASSERT to_regclass('set_images_set_id_idx') IS NOT NULL, 'set_images_set_id_idx is gone';
END
$$;
