-- the wishlist is there: 19 columns, two enums in order, five indexes, and a check that refuses

-- Columns: name, type, whether a value must be given, default.
DO $$
DECLARE
    broken text;
BEGIN
    SELECT string_agg(name || ' ' || definition, '; ') INTO broken FROM (
        VALUES
            ('id',           'uuid NOT NULL DEFAULT gen_random_uuid()'),
            ('user_id',      'text NOT NULL'),
            ('title',        'text NOT NULL'),
            ('store',        'wishlist_store NOT NULL'),
            ('set_number',   'text'),
            ('source_url',   'text'),
            ('image_url',    'text'),
            ('price',        'text'),
            ('currency',     'wishlist_currency DEFAULT ''USD''::wishlist_currency'),
            ('piece_count',  'integer'),
            ('release_date', 'timestamp without time zone'),
            ('tags',         'jsonb DEFAULT ''[]''::jsonb'),
            ('priority',     'integer DEFAULT 0'),
            ('notes',        'text'),
            ('sort_order',   'integer NOT NULL DEFAULT 0'),
            ('created_at',   'timestamp without time zone NOT NULL DEFAULT now()'),
            ('updated_at',   'timestamp without time zone NOT NULL DEFAULT now()'),
            ('created_by',   'text'),
            ('updated_by',   'text')
        EXCEPT
        SELECT attname,
               concat_ws(' ', format_type(atttypid, atttypmod),
                              CASE WHEN attnotnull THEN 'NOT NULL' END,
                              'DEFAULT ' || pg_get_expr(adbin, adrelid))
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = 'wishlist_items'::regclass
          AND attnum > 0 AND NOT attisdropped
    ) AS promised (name, definition);
    ASSERT broken IS NULL, 'no such column of wishlist_items: ' || broken;
END
$$;

-- Indexes, whole and in use.
DO $$
DECLARE
    broken text;
BEGIN
    SELECT string_agg(name || ' ' || definition, '; ') INTO broken FROM (
        VALUES
            ('idx_wishlist_user_id',             'btree (user_id)'),
            ('idx_wishlist_user_sort',           'btree (user_id, sort_order)'),
            ('idx_wishlist_user_store',          'btree (user_id, store)'),
            ('idx_wishlist_user_priority',       'btree (user_id, priority)'),
            ('idx_wishlist_user_store_priority', 'btree (user_id, store, priority)')
        EXCEPT
        SELECT indexrelid::regclass::text, split_part(pg_get_indexdef(indexrelid, 0, true), ' USING ', 2)
        FROM pg_index
        WHERE indrelid = 'wishlist_items'::regclass
          AND indisvalid AND NOT indisunique
    ) AS promised (name, definition);
    ASSERT broken IS NULL, 'no such valid index on wishlist_items: ' || broken;
END
$$;

-- Keys and constraints.
DO $$
DECLARE
    broken text;
BEGIN
    SELECT string_agg(name || ' ' || definition, '; ') INTO broken FROM (
        VALUES
            ('wishlist_items_pkey',  'PRIMARY KEY (id)'),
            ('priority_range_check', 'CHECK (priority >= 0 AND priority <= 5)')
        EXCEPT
        SELECT conname, pg_get_constraintdef(oid, true)
        FROM pg_constraint
        WHERE conrelid = 'wishlist_items'::regclass
    ) AS promised (name, definition);
    ASSERT broken IS NULL, 'no such constraint on wishlist_items: ' || broken;
END
$$;

-- Labels in their order. Later migrations may add some, before Other and behind AUD: so this asks
-- only for the order of those that were there from the beginning.
DO $$
BEGIN
    ASSERT (SELECT array_agg(enumlabel::text ORDER BY enumsortorder)
            FROM pg_enum
            WHERE enumtypid = 'wishlist_store'::regtype
              AND enumlabel IN ('LEGO', 'Barweer', 'Cata', 'BrickLink', 'Other'))
        = ARRAY['LEGO', 'Barweer', 'Cata', 'BrickLink', 'Other'],
        'wishlist_store has not LEGO, Barweer, Cata, BrickLink, Other in this order';

    ASSERT (SELECT array_agg(enumlabel::text ORDER BY enumsortorder)
            FROM pg_enum
            WHERE enumtypid = 'wishlist_currency'::regtype
              AND enumlabel IN ('USD', 'EUR', 'GBP', 'CAD', 'AUD'))
        = ARRAY['USD', 'EUR', 'GBP', 'CAD', 'AUD'],
        'wishlist_currency has not USD, EUR, GBP, CAD, AUD in this order';
END
$$;

-- A wish may have 0 to 5 stars, or not say.
INSERT INTO wishlist_items (user_id, title, store, priority)
VALUES ('verify-0007', 'no matter', 'LEGO', 0),
       ('verify-0007', 'must have', 'LEGO', 5),
       ('verify-0007', 'not said', 'LEGO', NULL);

-- 10 is refused.
DO $$
BEGIN
    INSERT INTO wishlist_items (user_id, title, store, priority)
    VALUES ('verify-0007', 'more than must have', 'LEGO', 10);
    RAISE EXCEPTION 'a wish with priority 10 was accepted';
EXCEPTION
    WHEN check_violation THEN NULL; -- as it should be
END
$$;
