-- uploads can be resumed, and are counted by user and day

-- Columns: name, type, whether a value must be given, default.
DO $$
DECLARE
    broken text;
BEGIN
    SELECT string_agg(name || ' ' || definition, '; ') INTO broken FROM (
        VALUES
            ('upload_sessions.id',                 'uuid NOT NULL DEFAULT gen_random_uuid()'),
            ('upload_sessions.user_id',            'text NOT NULL'),
            ('upload_sessions.status',             'text NOT NULL DEFAULT ''active''::text'),
            ('upload_sessions.part_size_bytes',    'integer NOT NULL'),
            ('upload_sessions.expires_at',         'timestamp without time zone NOT NULL'),
            ('upload_sessions.created_at',         'timestamp without time zone NOT NULL DEFAULT now()'),
            ('upload_sessions.updated_at',         'timestamp without time zone NOT NULL DEFAULT now()'),
            ('upload_sessions.finalized_at',       'timestamp without time zone'),
            ('upload_sessions.finalizing_at',      'timestamp without time zone'),
            ('upload_sessions.moc_instruction_id', 'uuid'),
            ('upload_session_files.id',            'uuid NOT NULL DEFAULT gen_random_uuid()'),
            ('upload_session_files.session_id',    'uuid NOT NULL'),
            ('upload_session_files.category',      'text NOT NULL'),
            ('upload_session_files.name',          'text NOT NULL'),
            ('upload_session_files.size',          'integer NOT NULL'),
            ('upload_session_files.mime_type',     'text NOT NULL'),
            ('upload_session_files.extension',     'text NOT NULL'),
            ('upload_session_files.s3_key',        'text NOT NULL'),
            ('upload_session_files.upload_id',     'text'),
            ('upload_session_files.status',        'text NOT NULL DEFAULT ''pending''::text'),
            ('upload_session_files.file_url',      'text'),
            ('upload_session_files.created_at',    'timestamp without time zone NOT NULL DEFAULT now()'),
            ('upload_session_files.updated_at',    'timestamp without time zone NOT NULL DEFAULT now()'),
            ('upload_session_parts.id',            'uuid NOT NULL DEFAULT gen_random_uuid()'),
            ('upload_session_parts.file_id',       'uuid NOT NULL'),
            ('upload_session_parts.part_number',   'integer NOT NULL'),
            ('upload_session_parts.etag',          'text'),
            ('upload_session_parts.size',          'integer NOT NULL'),
            ('upload_session_parts.status',        'text NOT NULL DEFAULT ''pending''::text'),
            ('upload_session_parts.created_at',    'timestamp without time zone NOT NULL DEFAULT now()'),
            ('user_daily_uploads.user_id',         'text NOT NULL'),
            ('user_daily_uploads.day',             'date NOT NULL'),
            ('user_daily_uploads.count',           'integer NOT NULL DEFAULT 0'),
            ('user_daily_uploads.updated_at',      'timestamp without time zone NOT NULL DEFAULT now()')
        EXCEPT
        SELECT attrelid::regclass || '.' || attname,
               concat_ws(' ', format_type(atttypid, atttypmod),
                              CASE WHEN attnotnull THEN 'NOT NULL' END,
                              'DEFAULT ' || pg_get_expr(adbin, adrelid))
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid IN ('upload_sessions'::regclass, 'upload_session_files'::regclass,
                           'upload_session_parts'::regclass, 'user_daily_uploads'::regclass)
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
            ('idx_upload_sessions_user_id',      'btree (user_id)'),
            ('idx_upload_sessions_status',       'btree (status)'),
            ('idx_upload_sessions_expires_at',   'btree (expires_at)'),
            ('idx_upload_sessions_moc_id',       'btree (moc_instruction_id)'),
            ('idx_upload_session_files_session', 'btree (session_id)'),
            ('idx_upload_session_files_status',  'btree (status)'),
            ('idx_upload_session_parts_file',    'btree (file_id)'),
            ('idx_user_daily_uploads_day',       'btree (day)')
        EXCEPT
        SELECT indexrelid::regclass::text, split_part(pg_get_indexdef(indexrelid, 0, true), ' USING ', 2)
        FROM pg_index
        WHERE indrelid IN ('upload_sessions'::regclass, 'upload_session_files'::regclass,
                           'upload_session_parts'::regclass, 'user_daily_uploads'::regclass)
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
            ('upload_sessions_pkey',                    'PRIMARY KEY (id)'),
            ('upload_sessions_moc_instruction_id_fkey', 'FOREIGN KEY (moc_instruction_id) REFERENCES moc_instructions(id)'),
            ('upload_session_files_pkey',               'PRIMARY KEY (id)'),
            ('upload_session_files_session_id_fkey',    'FOREIGN KEY (session_id) REFERENCES upload_sessions(id) ON DELETE CASCADE'),
            ('upload_session_parts_pkey',               'PRIMARY KEY (id)'),
            ('upload_session_parts_file_part_unique',   'UNIQUE (file_id, part_number)'),
            ('upload_session_parts_file_id_fkey',       'FOREIGN KEY (file_id) REFERENCES upload_session_files(id) ON DELETE CASCADE'),
            ('user_daily_uploads_user_day_unique',      'UNIQUE (user_id, day)')
        EXCEPT
        SELECT conname, pg_get_constraintdef(oid, true)
        FROM pg_constraint
        WHERE conrelid IN ('upload_sessions'::regclass, 'upload_session_files'::regclass,
                           'upload_session_parts'::regclass, 'user_daily_uploads'::regclass)
    ) AS promised (name, definition);
    ASSERT broken IS NULL, 'no such constraint: ' || broken;
END
$$;
