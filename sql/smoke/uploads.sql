-- an upload in parts, resumed, finished and cleared away; and the count of the day

DO $$
DECLARE
    session upload_sessions;
    file uuid;
    model uuid;
BEGIN
    INSERT INTO upload_sessions (user_id, part_size_bytes, expires_at)
    VALUES ('smoke-anna', 5242880, now() + interval '1 day')
    RETURNING * INTO session;
    ASSERT session.status = 'active', 'a new upload is not active';

    INSERT INTO upload_session_files (session_id, category, name, size, mime_type, extension, s3_key)
    VALUES (session.id, 'instruction', 'mill.pdf', 12000000, 'application/pdf', 'pdf', 'smoke/mill.pdf')
    RETURNING id INTO file;
    INSERT INTO upload_session_parts (file_id, part_number, size)
    VALUES (file, 1, 5242880), (file, 2, 5242880), (file, 3, 1514240);
    ASSERT (SELECT bool_and(status = 'pending') FROM upload_session_parts WHERE file_id = file),
        'a new part is not pending';

    BEGIN
        INSERT INTO upload_session_parts (file_id, part_number, size) VALUES (file, 2, 5242880);
        RAISE EXCEPTION 'a part was begun twice';
    EXCEPTION
        WHEN unique_violation THEN NULL; -- as it should be: a resumed upload goes on with its own
    END;

    -- How the application counts.
    FOR attempt IN 1..2 LOOP
        INSERT INTO user_daily_uploads (user_id, day, count)
        VALUES ('smoke-anna', current_date, 1)
        ON CONFLICT (user_id, day) DO UPDATE
            SET count = user_daily_uploads.count + 1, updated_at = now();
    END LOOP;
    ASSERT (SELECT count = 2 FROM user_daily_uploads
            WHERE user_id = 'smoke-anna' AND day = current_date), 'two uploads are not counted as two';

    INSERT INTO moc_instructions (user_id, title, type)
    VALUES ('smoke-anna', 'Uploaded mill', 'moc')
    RETURNING id INTO model;
    UPDATE upload_sessions
    SET status = 'completed', finalized_at = now(), moc_instruction_id = model
    WHERE id = session.id;

    -- What an upload led to cannot go while the upload names it: the job clears sessions first.
    BEGIN
        DELETE FROM moc_instructions WHERE id = model;
        SET CONSTRAINTS ALL IMMEDIATE;
        RAISE EXCEPTION 'a model was deleted while an upload names it';
    EXCEPTION
        WHEN foreign_key_violation THEN NULL; -- as it should be
    END;

    DELETE FROM upload_sessions WHERE id = session.id;
    ASSERT NOT EXISTS (SELECT FROM upload_session_parts WHERE file_id = file),
        'parts outlived their upload';
    DELETE FROM moc_instructions WHERE id = model;
END
$$;
