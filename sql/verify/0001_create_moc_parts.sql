-- a parts list has parts

-- Columns: name, type, whether a value must be given, default.
DO $$
DECLARE
    broken text;
BEGIN
    SELECT string_agg(name || ' ' || definition, '; ') INTO broken FROM (
        VALUES
            ('id',            'uuid NOT NULL DEFAULT gen_random_uuid()'),
            ('parts_list_id', 'uuid NOT NULL'),
            ('part_id',       'text NOT NULL'),
            ('part_name',     'text NOT NULL'),
            ('quantity',      'integer NOT NULL'),
            ('color',         'text NOT NULL'),
            ('created_at',    'timestamp without time zone NOT NULL DEFAULT now()')
        EXCEPT
        SELECT attname,
               concat_ws(' ', format_type(atttypid, atttypmod),
                              CASE WHEN attnotnull THEN 'NOT NULL' END,
                              'DEFAULT ' || pg_get_expr(adbin, adrelid))
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = 'moc_parts'::regclass
          AND attnum > 0 AND NOT attisdropped
    ) AS promised (name, definition);
    ASSERT broken IS NULL, 'no such column of moc_parts: ' || broken;
END
$$;

-- Indexes, whole and in use.
DO $$
DECLARE
    broken text;
BEGIN
    SELECT string_agg(name || ' ' || definition, '; ') INTO broken FROM (
        VALUES
            ('idx_moc_parts_parts_list_id', 'btree (parts_list_id)'),
            ('idx_moc_parts_part_id',       'btree (part_id)'),
            ('idx_moc_parts_color',         'btree (color)')
        EXCEPT
        SELECT indexrelid::regclass::text, split_part(pg_get_indexdef(indexrelid, 0, true), ' USING ', 2)
        FROM pg_index
        WHERE indrelid = 'moc_parts'::regclass
          AND indisvalid AND NOT indisunique
    ) AS promised (name, definition);
    ASSERT broken IS NULL, 'no such valid index on moc_parts: ' || broken;
END
$$;

-- Keys and constraints.
DO $$
DECLARE
    broken text;
BEGIN
    SELECT string_agg(name || ' ' || definition, '; ') INTO broken FROM (
        VALUES
            ('moc_parts_pkey',               'PRIMARY KEY (id)'),
            ('moc_parts_parts_list_id_fkey', 'FOREIGN KEY (parts_list_id) REFERENCES moc_parts_lists(id) ON DELETE CASCADE')
        EXCEPT
        SELECT conname, pg_get_constraintdef(oid, true)
        FROM pg_constraint
        WHERE conrelid = 'moc_parts'::regclass
    ) AS promised (name, definition);
    ASSERT broken IS NULL, 'no such constraint on moc_parts: ' || broken;
END
$$;
