-- an instruction page has everything that it shows, and an address of its own

-- Columns: name, type, whether a value must be given, default.
DO $$
DECLARE
    broken text;
BEGIN
    SELECT string_agg(name || ' ' || definition, '; ') INTO broken FROM (
        VALUES
            ('slug',                    'text'),
            ('designer',                'jsonb'),
            ('dimensions',              'jsonb'),
            ('instructions_metadata',   'jsonb'),
            ('alternate_build',         'jsonb'),
            ('features',                'jsonb'),
            ('source_platform',         'jsonb'),
            ('event_badges',            'jsonb'),
            ('moderation',              'jsonb'),
            ('platform_category_id',    'integer'),
            ('description_html',        'text'),
            ('short_description',       'text'),
            ('difficulty',              'text'),
            ('build_time_hours',        'integer'),
            ('age_recommendation',      'text'),
            ('status',                  'text DEFAULT ''draft''::text'),
            ('visibility',              'text DEFAULT ''private''::text'),
            ('is_featured',             'boolean DEFAULT false'),
            ('is_verified',             'boolean DEFAULT false'),
            ('published_at',            'timestamp without time zone'),
            ('finalized_at',            'timestamp without time zone'),
            ('finalizing_at',           'timestamp without time zone'),
            ('added_by_user_id',        'text'),
            ('last_updated_by_user_id', 'text')
        EXCEPT
        SELECT attname,
               concat_ws(' ', format_type(atttypid, atttypmod),
                              CASE WHEN attnotnull THEN 'NOT NULL' END,
                              'DEFAULT ' || pg_get_expr(adbin, adrelid))
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = 'moc_instructions'::regclass
          AND attnum > 0 AND NOT attisdropped
    ) AS promised (name, definition);
    ASSERT broken IS NULL, 'no such column of moc_instructions: ' || broken;
END
$$;

-- The constraint.
DO $$
DECLARE
    broken text;
BEGIN
    SELECT string_agg(name || ' ' || definition, '; ') INTO broken FROM (
        VALUES
            ('moc_instructions_user_slug_unique', 'UNIQUE (user_id, slug)')
        EXCEPT
        SELECT conname, pg_get_constraintdef(oid, true)
        FROM pg_constraint
        WHERE conrelid = 'moc_instructions'::regclass
    ) AS promised (name, definition);
    ASSERT broken IS NULL, 'no such constraint on moc_instructions: ' || broken;
END
$$;

-- Nothing is published unless somebody says so, and two pages of a user have two addresses.
DO $$
DECLARE
    made moc_instructions;
BEGIN
    INSERT INTO moc_instructions (user_id, title, type, slug)
    VALUES ('verify-0002', 'a barn', 'moc', 'barn')
    RETURNING * INTO made;
    ASSERT (made.status, made.visibility) = ('draft', 'private'), 'a new page is not a private draft';

    INSERT INTO moc_instructions (user_id, title, type, slug)
    VALUES ('verify-0002', 'another barn', 'moc', 'barn');
    RAISE EXCEPTION 'two pages of one user have the same slug';
EXCEPTION
    WHEN unique_violation THEN NULL; -- as it should be
END
$$;
