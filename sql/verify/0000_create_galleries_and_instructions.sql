-- galleries and instructions are there: eight tables, and how they are linked

-- Columns: name, type, whether a value must be given, default.
DO $$
DECLARE
    broken text;
BEGIN
    SELECT string_agg(name || ' ' || definition, '; ') INTO broken FROM (
        VALUES
            ('gallery_albums.id',                    'uuid NOT NULL DEFAULT gen_random_uuid()'),
            ('gallery_albums.user_id',               'text NOT NULL'),
            ('gallery_albums.title',                 'text NOT NULL'),
            ('gallery_albums.description',           'text'),
            ('gallery_albums.cover_image_id',        'uuid'),
            ('gallery_albums.created_at',            'timestamp without time zone NOT NULL DEFAULT now()'),
            ('gallery_albums.last_updated_at',       'timestamp without time zone NOT NULL DEFAULT now()'),
            ('gallery_images.id',                    'uuid NOT NULL DEFAULT gen_random_uuid()'),
            ('gallery_images.user_id',               'text NOT NULL'),
            ('gallery_images.title',                 'text NOT NULL'),
            ('gallery_images.description',           'text'),
            ('gallery_images.tags',                  'jsonb'),
            ('gallery_images.image_url',             'text NOT NULL'),
            ('gallery_images.thumbnail_url',         'text'),
            ('gallery_images.album_id',              'uuid'),
            ('gallery_images.flagged',               'boolean DEFAULT false'),
            ('gallery_images.created_at',            'timestamp without time zone NOT NULL DEFAULT now()'),
            ('gallery_images.last_updated_at',       'timestamp without time zone NOT NULL DEFAULT now()'),
            ('gallery_flags.id',                     'uuid NOT NULL DEFAULT gen_random_uuid()'),
            ('gallery_flags.image_id',               'uuid NOT NULL'),
            ('gallery_flags.user_id',                'text NOT NULL'),
            ('gallery_flags.reason',                 'text'),
            ('gallery_flags.created_at',             'timestamp without time zone NOT NULL DEFAULT now()'),
            ('gallery_flags.last_updated_at',        'timestamp without time zone NOT NULL DEFAULT now()'),
            ('moc_instructions.id',                  'uuid NOT NULL DEFAULT gen_random_uuid()'),
            ('moc_instructions.user_id',             'text NOT NULL'),
            ('moc_instructions.title',               'text NOT NULL'),
            ('moc_instructions.description',         'text'),
            ('moc_instructions.type',                'text NOT NULL'),
            ('moc_instructions.moc_id',              'text'),
            ('moc_instructions.author',              'text'),
            ('moc_instructions.parts_count',         'integer'),
            ('moc_instructions.minifig_count',       'integer'),
            ('moc_instructions.theme',               'text'),
            ('moc_instructions.theme_id',            'integer'),
            ('moc_instructions.subtheme',            'text'),
            ('moc_instructions.uploaded_date',       'timestamp without time zone'),
            ('moc_instructions.brand',               'text'),
            ('moc_instructions.set_number',          'text'),
            ('moc_instructions.release_year',        'integer'),
            ('moc_instructions.retired',             'boolean'),
            ('moc_instructions.tags',                'jsonb'),
            ('moc_instructions.thumbnail_url',       'text'),
            ('moc_instructions.total_piece_count',   'integer'),
            ('moc_instructions.created_at',          'timestamp without time zone NOT NULL DEFAULT now()'),
            ('moc_instructions.updated_at',          'timestamp without time zone NOT NULL DEFAULT now()'),
            ('moc_files.id',                         'uuid NOT NULL DEFAULT gen_random_uuid()'),
            ('moc_files.moc_id',                     'uuid NOT NULL'),
            ('moc_files.file_type',                  'text NOT NULL'),
            ('moc_files.file_url',                   'text NOT NULL'),
            ('moc_files.original_filename',          'text'),
            ('moc_files.mime_type',                  'text'),
            ('moc_files.created_at',                 'timestamp without time zone NOT NULL DEFAULT now()'),
            ('moc_gallery_albums.id',                'uuid NOT NULL DEFAULT gen_random_uuid()'),
            ('moc_gallery_albums.moc_id',            'uuid NOT NULL'),
            ('moc_gallery_albums.gallery_album_id',  'uuid NOT NULL'),
            ('moc_gallery_images.id',                'uuid NOT NULL DEFAULT gen_random_uuid()'),
            ('moc_gallery_images.moc_id',            'uuid NOT NULL'),
            ('moc_gallery_images.gallery_image_id',  'uuid NOT NULL'),
            ('moc_parts_lists.id',                   'uuid NOT NULL DEFAULT gen_random_uuid()'),
            ('moc_parts_lists.moc_id',               'uuid NOT NULL'),
            ('moc_parts_lists.file_id',              'uuid'),
            ('moc_parts_lists.title',                'text NOT NULL'),
            ('moc_parts_lists.description',          'text'),
            ('moc_parts_lists.built',                'boolean DEFAULT false'),
            ('moc_parts_lists.purchased',            'boolean DEFAULT false'),
            ('moc_parts_lists.inventory_percentage', 'text DEFAULT ''0.00''::text'),
            ('moc_parts_lists.total_parts_count',    'text'),
            ('moc_parts_lists.acquired_parts_count', 'text DEFAULT ''0''::text'),
            ('moc_parts_lists.cost_estimate',        'text'),
            ('moc_parts_lists.actual_cost',          'text'),
            ('moc_parts_lists.notes',                'text'),
            ('moc_parts_lists.created_at',           'timestamp without time zone NOT NULL DEFAULT now()'),
            ('moc_parts_lists.updated_at',           'timestamp without time zone NOT NULL DEFAULT now()')
        EXCEPT
        SELECT attrelid::regclass || '.' || attname,
               concat_ws(' ', format_type(atttypid, atttypmod),
                              CASE WHEN attnotnull THEN 'NOT NULL' END,
                              'DEFAULT ' || pg_get_expr(adbin, adrelid))
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid IN ('gallery_albums'::regclass, 'gallery_images'::regclass,
                           'gallery_flags'::regclass, 'moc_instructions'::regclass,
                           'moc_files'::regclass, 'moc_gallery_albums'::regclass,
                           'moc_gallery_images'::regclass, 'moc_parts_lists'::regclass)
          AND attnum > 0 AND NOT attisdropped
    ) AS promised (name, definition);
    ASSERT broken IS NULL, 'no such column: ' || broken;
END
$$;

-- Indexes, whole and in use.
DO $$
DECLARE
    broken text;
BEGIN
    SELECT string_agg(name || ' ' || definition, '; ') INTO broken FROM (
        VALUES
            ('idx_gallery_albums_user_id_lazy',              'btree (user_id)'),
            ('idx_gallery_albums_user_created',              'btree (user_id, created_at)'),
            ('idx_gallery_images_user_id_lazy',              'btree (user_id)'),
            ('idx_gallery_images_album_id_lazy',             'btree (album_id)'),
            ('idx_gallery_images_user_created',              'btree (user_id, created_at)'),
            ('idx_gallery_images_album_created',             'btree (album_id, created_at)'),
            ('idx_gallery_flags_user_id_lazy',               'btree (user_id)'),
            ('idx_gallery_flags_image_id',                   'btree (image_id)'),
            ('idx_moc_instructions_user_id_lazy',            'btree (user_id)'),
            ('idx_moc_instructions_user_created',            'btree (user_id, created_at)'),
            ('idx_moc_instructions_title',                   'btree (title)'),
            ('idx_sets_brand_set_number',                    'btree (brand, set_number) WHERE type = ''set''::text AND brand IS NOT NULL AND set_number IS NOT NULL'),
            ('idx_sets_brand_theme',                         'btree (brand, theme) WHERE type = ''set''::text'),
            ('idx_sets_release_year',                        'btree (release_year) WHERE type = ''set''::text AND release_year IS NOT NULL'),
            ('idx_sets_retired',                             'btree (retired) WHERE type = ''set''::text AND retired IS NOT NULL'),
            ('idx_moc_files_moc_id_lazy',                    'btree (moc_id)'),
            ('idx_moc_files_moc_type',                       'btree (moc_id, file_type)'),
            ('idx_moc_gallery_albums_moc_id_lazy',           'btree (moc_id)'),
            ('idx_moc_gallery_albums_gallery_album_id_lazy', 'btree (gallery_album_id)'),
            ('idx_moc_gallery_images_moc_id_lazy',           'btree (moc_id)'),
            ('idx_moc_gallery_images_gallery_image_id_lazy', 'btree (gallery_image_id)'),
            ('idx_moc_parts_lists_moc_id',                   'btree (moc_id)'),
            ('idx_moc_parts_lists_file_id',                  'btree (file_id)'),
            ('idx_moc_parts_lists_built',                    'btree (built)'),
            ('idx_moc_parts_lists_purchased',                'btree (purchased)'),
            ('idx_moc_parts_lists_moc_built',                'btree (moc_id, built)'),
            ('idx_moc_parts_lists_moc_purchased',            'btree (moc_id, purchased)')
        EXCEPT
        SELECT indexrelid::regclass::text, split_part(pg_get_indexdef(indexrelid, 0, true), ' USING ', 2)
        FROM pg_index
        WHERE indrelid IN ('gallery_albums'::regclass, 'gallery_images'::regclass,
                           'gallery_flags'::regclass, 'moc_instructions'::regclass,
                           'moc_files'::regclass, 'moc_gallery_albums'::regclass,
                           'moc_gallery_images'::regclass, 'moc_parts_lists'::regclass)
          AND indisvalid AND NOT indisunique
    ) AS promised (name, definition);
    ASSERT broken IS NULL, 'no such valid index: ' || broken;
END
$$;

-- Keys and constraints.
DO $$
DECLARE
    broken text;
BEGIN
    SELECT string_agg(name || ' ' || definition, '; ') INTO broken FROM (
        VALUES
            ('gallery_albums_pkey',                      'PRIMARY KEY (id)'),
            ('gallery_images_pkey',                      'PRIMARY KEY (id)'),
            ('gallery_flags_pkey',                       'PRIMARY KEY (id)'),
            ('gallery_flags_image_user_unique',          'UNIQUE (image_id, user_id)'),
            ('gallery_flags_image_id_fkey',              'FOREIGN KEY (image_id) REFERENCES gallery_images(id) ON DELETE CASCADE'),
            ('moc_instructions_pkey',                    'PRIMARY KEY (id)'),
            ('moc_instructions_user_title_unique',       'UNIQUE (user_id, title)'),
            ('moc_files_pkey',                           'PRIMARY KEY (id)'),
            ('moc_files_moc_filename_unique',            'UNIQUE (moc_id, original_filename)'),
            ('moc_files_moc_id_fkey',                    'FOREIGN KEY (moc_id) REFERENCES moc_instructions(id) ON DELETE CASCADE'),
            ('moc_gallery_albums_pkey',                  'PRIMARY KEY (id)'),
            ('moc_gallery_albums_moc_id_fkey',           'FOREIGN KEY (moc_id) REFERENCES moc_instructions(id) ON DELETE CASCADE'),
            ('moc_gallery_albums_gallery_album_id_fkey', 'FOREIGN KEY (gallery_album_id) REFERENCES gallery_albums(id) ON DELETE CASCADE'),
            ('moc_gallery_images_pkey',                  'PRIMARY KEY (id)'),
            ('moc_gallery_images_moc_id_fkey',           'FOREIGN KEY (moc_id) REFERENCES moc_instructions(id) ON DELETE CASCADE'),
            ('moc_gallery_images_gallery_image_id_fkey', 'FOREIGN KEY (gallery_image_id) REFERENCES gallery_images(id) ON DELETE CASCADE'),
            ('moc_parts_lists_pkey',                     'PRIMARY KEY (id)'),
            ('moc_parts_lists_moc_id_fkey',              'FOREIGN KEY (moc_id) REFERENCES moc_instructions(id) ON DELETE CASCADE'),
            ('moc_parts_lists_file_id_fkey',             'FOREIGN KEY (file_id) REFERENCES moc_files(id) ON DELETE SET NULL')
        EXCEPT
        SELECT conname, pg_get_constraintdef(oid, true)
        FROM pg_constraint
        WHERE conrelid IN ('gallery_albums'::regclass, 'gallery_images'::regclass,
                           'gallery_flags'::regclass, 'moc_instructions'::regclass,
                           'moc_files'::regclass, 'moc_gallery_albums'::regclass,
                           'moc_gallery_images'::regclass, 'moc_parts_lists'::regclass)
    ) AS promised (name, definition);
    ASSERT broken IS NULL, 'no such constraint: ' || broken;
END
$$;
