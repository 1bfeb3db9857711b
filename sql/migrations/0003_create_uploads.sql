-- resumable uploads in parts, and what each user may upload per day
-- depends: 0000_create_galleries_and_instructions

-- A session has files, a file has parts: the shape of a multipart upload to object storage. All
-- three are short-lived; a job removes sessions past expires_at, and the rest goes by cascade.
CREATE TABLE upload_sessions (
    id                 uuid      PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id            text      NOT NULL,
    status             text      NOT NULL DEFAULT 'active',
    part_size_bytes    integer   NOT NULL,
    expires_at         timestamp NOT NULL,
    created_at         timestamp NOT NULL DEFAULT now(),
    updated_at         timestamp NOT NULL DEFAULT now(),
    finalized_at       timestamp,
    finalizing_at      timestamp,
    moc_instruction_id uuid,
    CONSTRAINT upload_sessions_moc_instruction_id_fkey
        FOREIGN KEY (moc_instruction_id) REFERENCES moc_instructions (id) ON DELETE NO ACTION
);

CREATE INDEX idx_upload_sessions_user_id ON upload_sessions (user_id);
CREATE INDEX idx_upload_sessions_status ON upload_sessions (status);
CREATE INDEX idx_upload_sessions_expires_at ON upload_sessions (expires_at);
CREATE INDEX idx_upload_sessions_moc_id ON upload_sessions (moc_instruction_id);

COMMENT ON TABLE upload_sessions IS 'One attempt of a user to upload the files of a model; may be resumed until it expires.';
COMMENT ON COLUMN upload_sessions.id IS 'Made by the server; the client keeps it to resume.';
COMMENT ON COLUMN upload_sessions.user_id IS 'Who uploads, as the identity provider names them.';
COMMENT ON COLUMN upload_sessions.status IS 'active, completed, expired or cancelled; the application checks it.';
COMMENT ON COLUMN upload_sessions.part_size_bytes IS 'Bytes of every part but the last; fixed for the session, so that part numbers mean offsets.';
COMMENT ON COLUMN upload_sessions.expires_at IS 'UTC; after this the cleaning job removes the session and its parts.';
COMMENT ON COLUMN upload_sessions.created_at IS 'UTC.';
COMMENT ON COLUMN upload_sessions.updated_at IS 'UTC; kept by the application, no trigger does it.';
COMMENT ON COLUMN upload_sessions.finalizing_at IS 'UTC; set while the files are being put together, so that a second request stands back.';
COMMENT ON COLUMN upload_sessions.finalized_at IS 'UTC; when the upload was complete.';
COMMENT ON COLUMN upload_sessions.moc_instruction_id IS 'The instructions it became; null until then.';
COMMENT ON CONSTRAINT upload_sessions_moc_instruction_id_fkey ON upload_sessions IS 'No delete rule on purpose: instructions cannot go while an upload for them is still kept.';
COMMENT ON INDEX idx_upload_sessions_user_id IS 'A user''s running uploads.';
COMMENT ON INDEX idx_upload_sessions_status IS 'How many uploads are running.';
COMMENT ON INDEX idx_upload_sessions_expires_at IS 'The cleaning job: which sessions are past their time.';
COMMENT ON INDEX idx_upload_sessions_moc_id IS 'The check of the foreign key when instructions are deleted.';

CREATE TABLE upload_session_files (
    id         uuid      PRIMARY KEY DEFAULT gen_random_uuid(),
    session_id uuid      NOT NULL,
    category   text      NOT NULL,
    name       text      NOT NULL,
    size       integer   NOT NULL,
    mime_type  text      NOT NULL,
    extension  text      NOT NULL,
    s3_key     text      NOT NULL,
    upload_id  text,
    status     text      NOT NULL DEFAULT 'pending',
    file_url   text,
    created_at timestamp NOT NULL DEFAULT now(),
    updated_at timestamp NOT NULL DEFAULT now(),
    CONSTRAINT upload_session_files_session_id_fkey
        FOREIGN KEY (session_id) REFERENCES upload_sessions (id) ON DELETE CASCADE
);

CREATE INDEX idx_upload_session_files_session ON upload_session_files (session_id);
CREATE INDEX idx_upload_session_files_status ON upload_session_files (status);

COMMENT ON TABLE upload_session_files IS 'One file of an upload session.';
COMMENT ON COLUMN upload_session_files.id IS 'Made by the server.';
COMMENT ON COLUMN upload_session_files.session_id IS 'upload_sessions.id.';
COMMENT ON COLUMN upload_session_files.category IS 'What the file is for; becomes moc_files.file_type.';
COMMENT ON COLUMN upload_session_files.name IS 'As on the user''s machine; becomes moc_files.original_filename.';
COMMENT ON COLUMN upload_session_files.size IS 'Bytes, as announced by the client. An integer, hence below 2 GiB.';
COMMENT ON COLUMN upload_session_files.mime_type IS 'As announced by the client; checked again when the upload is complete.';
COMMENT ON COLUMN upload_session_files.extension IS 'Of the name, lower case, without the dot.';
COMMENT ON COLUMN upload_session_files.s3_key IS 'Key of the object in storage.';
COMMENT ON COLUMN upload_session_files.upload_id IS 'Storage''s own id of the multipart upload; null before the first part.';
COMMENT ON COLUMN upload_session_files.status IS 'pending, uploading, completed or failed; the application checks it.';
COMMENT ON COLUMN upload_session_files.file_url IS 'Where the object is; null until it is complete.';
COMMENT ON COLUMN upload_session_files.created_at IS 'UTC.';
COMMENT ON COLUMN upload_session_files.updated_at IS 'UTC; kept by the application, no trigger does it.';
COMMENT ON CONSTRAINT upload_session_files_session_id_fkey ON upload_session_files IS 'Files go with their session, so that cleaning up is one DELETE.';
COMMENT ON INDEX idx_upload_session_files_session IS 'The files of a session, and the cascade when it is deleted.';
COMMENT ON INDEX idx_upload_session_files_status IS 'Uploads that are stuck or have failed.';

CREATE TABLE upload_session_parts (
    id          uuid      PRIMARY KEY DEFAULT gen_random_uuid(),
    file_id     uuid      NOT NULL,
    part_number integer   NOT NULL,
    etag        text,
    size        integer   NOT NULL,
    status      text      NOT NULL DEFAULT 'pending',
    created_at  timestamp NOT NULL DEFAULT now(),
    CONSTRAINT upload_session_parts_file_part_unique UNIQUE (file_id, part_number),
    CONSTRAINT upload_session_parts_file_id_fkey
        FOREIGN KEY (file_id) REFERENCES upload_session_files (id) ON DELETE CASCADE
);

CREATE INDEX idx_upload_session_parts_file ON upload_session_parts (file_id);

COMMENT ON TABLE upload_session_parts IS 'One part of a file; its presence tells a resuming client what need not be sent again.';
COMMENT ON COLUMN upload_session_parts.id IS 'Made by the server.';
COMMENT ON COLUMN upload_session_parts.file_id IS 'upload_session_files.id.';
COMMENT ON COLUMN upload_session_parts.part_number IS 'From 1, as storage counts.';
COMMENT ON COLUMN upload_session_parts.etag IS 'What storage answered; needed to complete the upload. Null until the part is there.';
COMMENT ON COLUMN upload_session_parts.size IS 'Bytes.';
COMMENT ON COLUMN upload_session_parts.status IS 'pending, uploaded or failed; the application checks it.';
COMMENT ON COLUMN upload_session_parts.created_at IS 'UTC.';
COMMENT ON CONSTRAINT upload_session_parts_file_part_unique ON upload_session_parts IS 'A part sent twice replaces itself instead of appearing twice in the finished file.';
COMMENT ON CONSTRAINT upload_session_parts_file_id_fkey ON upload_session_parts IS 'Parts go with their file.';
COMMENT ON INDEX idx_upload_session_parts_file IS 'The parts of a file, and the cascade when it is deleted.';

-- No primary key of its own: the pair of user and day is the row's identity, and the counter is
-- raised by INSERT ... ON CONFLICT (user_id, day) DO UPDATE.
CREATE TABLE user_daily_uploads (
    user_id    text      NOT NULL,
    day        date      NOT NULL,
    count      integer   NOT NULL DEFAULT 0,
    updated_at timestamp NOT NULL DEFAULT now(),
    CONSTRAINT user_daily_uploads_user_day_unique UNIQUE (user_id, day)
);

CREATE INDEX idx_user_daily_uploads_day ON user_daily_uploads (day);

COMMENT ON TABLE user_daily_uploads IS 'How many uploads each user has begun per day; the daily limit is checked against it.';
COMMENT ON COLUMN user_daily_uploads.user_id IS 'As the identity provider names them.';
COMMENT ON COLUMN user_daily_uploads.day IS 'UTC day.';
COMMENT ON COLUMN user_daily_uploads.count IS 'Uploads begun that day, finished or not.';
COMMENT ON COLUMN user_daily_uploads.updated_at IS 'UTC; last time the counter was raised.';
COMMENT ON CONSTRAINT user_daily_uploads_user_day_unique ON user_daily_uploads IS 'One counter per user and day; what ON CONFLICT aims at, so that two uploads at once both count.';
COMMENT ON INDEX idx_user_daily_uploads_day IS 'Removing counters of days long past.';
