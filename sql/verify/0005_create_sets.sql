-- there are sets that a user owns, and pictures of them

-- Columns: name, type, whether a value must be given, default.
DO $$
DECLARE
    broken text;
BEGIN
    SELECT string_agg(name || ' ' || definition, '; ') INTO broken FROM (
        VALUES
            ('sets.id',                  'uuid NOT NULL DEFAULT gen_random_uuid()'),
            ('sets.user_id',             'text NOT NULL'),
            ('sets.title',               'text NOT NULL'),
            ('sets.set_number',          'text'),
            ('sets.store',               'text'),
            ('sets.source_url',          'text'),
            ('sets.piece_count',         'integer'),
            ('sets.release_date',        'timestamp without time zone'),
            ('sets.theme',               'text'),
            ('sets.tags',                'text[] DEFAULT ''{}''::text[]'),
            ('sets.notes',               'text'),
            ('sets.is_built',            'boolean NOT NULL DEFAULT false'),
            ('sets.quantity',            'integer NOT NULL DEFAULT 1'),
            ('sets.purchase_price',      'numeric(10,2)'),
            ('sets.tax',                 'numeric(10,2)'),
            ('sets.shipping',            'numeric(10,2)'),
            ('sets.purchase_date',       'timestamp without time zone'),
            ('sets.wishlist_item_id',    'uuid'),
            ('sets.created_at',          'timestamp without time zone NOT NULL DEFAULT now()'),
            ('sets.updated_at',          'timestamp without time zone NOT NULL DEFAULT now()'),
            ('set_images.id',            'uuid NOT NULL DEFAULT gen_random_uuid()'),
            ('set_images.set_id',        'uuid NOT NULL'),
            ('set_images.image_url',     'text NOT NULL'),
            ('set_images.thumbnail_url', 'text'),
            ('set_images.position',      'integer NOT NULL DEFAULT 0'),
            ('set_images.created_at',    'timestamp without time zone NOT NULL DEFAULT now()')
        EXCEPT
        SELECT attrelid::regclass || '.' || attname,
               concat_ws(' ', format_type(atttypid, atttypmod),
                              CASE WHEN attnotnull THEN 'NOT NULL' END,
                              'DEFAULT ' || pg_get_expr(adbin, adrelid))
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid IN ('sets'::regclass, 'set_images'::regclass)
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
            ('sets_user_id_idx',      'btree (user_id)'),
            ('sets_set_number_idx',   'btree (set_number)'),
            ('sets_theme_idx',        'btree (theme)'),
            ('set_images_set_id_idx', 'btree (set_id)')
        EXCEPT
        SELECT indexrelid::regclass::text, split_part(pg_get_indexdef(indexrelid, 0, true), ' USING ', 2)
        FROM pg_index
        WHERE indrelid IN ('sets'::regclass, 'set_images'::regclass)
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
            ('sets_pkey',       'PRIMARY KEY (id)'),
            ('set_images_pkey', 'PRIMARY KEY (id)')
        EXCEPT
        SELECT conname, pg_get_constraintdef(oid, true)
        FROM pg_constraint
        WHERE conrelid IN ('sets'::regclass, 'set_images'::regclass)
    ) AS promised (name, definition);
    ASSERT broken IS NULL, 'no such constraint: ' || broken;
END
$$;
