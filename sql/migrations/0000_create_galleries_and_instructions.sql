-- galleries and building instructions (MOCs), and how they are linked
--
-- Conventions of the whole schema, set here once.
-- Ids are random UUIDs made by the server, so that the application can insert without asking
-- first. People are known by the text id of the identity provider (user_id); there is no users
-- table, hence no foreign key on it. Times are UTC in `timestamp` without time zone.
-- Every foreign key column has an index of its own or leads one: deleting a parent looks its
-- children up by it, and without an index reads the whole child table once per deleted row.

-- Galleries ---------------------------------------------------------------------------------

CREATE TABLE gallery_albums (
    id              uuid      PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id         text      NOT NULL,
    title           text      NOT NULL,
    description     text,
    -- Deliberately without a foreign key. Albums and images would refer to each other, and
    -- neither could then be restored or emptied before the other.
    cover_image_id  uuid,
    created_at      timestamp NOT NULL DEFAULT now(),
    last_updated_at timestamp NOT NULL DEFAULT now()
);

CREATE INDEX idx_gallery_albums_user_id_lazy ON gallery_albums (user_id);
CREATE INDEX idx_gallery_albums_user_created ON gallery_albums (user_id, created_at);

COMMENT ON TABLE gallery_albums IS 'A named collection of gallery images, owned by one user.';
COMMENT ON COLUMN gallery_albums.id IS 'Made by the server; stable for links from outside.';
COMMENT ON COLUMN gallery_albums.user_id IS 'Owner, as the identity provider names them.';
COMMENT ON COLUMN gallery_albums.title IS 'Shown as the heading; need not be unique.';
COMMENT ON COLUMN gallery_albums.description IS 'Free text below the heading.';
COMMENT ON COLUMN gallery_albums.cover_image_id IS 'gallery_images.id of the cover. Not a foreign key: readers must cope with an image that is gone.';
COMMENT ON COLUMN gallery_albums.created_at IS 'UTC.';
COMMENT ON COLUMN gallery_albums.last_updated_at IS 'UTC; kept by the application, no trigger does it.';
COMMENT ON INDEX idx_gallery_albums_user_id_lazy IS 'Counts and existence checks per user.';
COMMENT ON INDEX idx_gallery_albums_user_created IS 'The album page: one user''s albums in order of creation, without a sort.';

CREATE TABLE gallery_images (
    id              uuid      PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id         text      NOT NULL,
    title           text      NOT NULL,
    description     text,
    tags            jsonb,
    image_url       text      NOT NULL,
    thumbnail_url   text,
    -- No foreign key: an album is a view of images, and deleting one must not touch them.
    album_id        uuid,
    flagged         boolean   DEFAULT false,
    created_at      timestamp NOT NULL DEFAULT now(),
    last_updated_at timestamp NOT NULL DEFAULT now()
);

CREATE INDEX idx_gallery_images_user_id_lazy ON gallery_images (user_id);
CREATE INDEX idx_gallery_images_album_id_lazy ON gallery_images (album_id);
CREATE INDEX idx_gallery_images_user_created ON gallery_images (user_id, created_at);
CREATE INDEX idx_gallery_images_album_created ON gallery_images (album_id, created_at);

COMMENT ON TABLE gallery_images IS 'One uploaded picture; in one album or in none.';
COMMENT ON COLUMN gallery_images.id IS 'Made by the server; stable for links from outside.';
COMMENT ON COLUMN gallery_images.user_id IS 'Owner, as the identity provider names them.';
COMMENT ON COLUMN gallery_images.title IS 'Caption.';
COMMENT ON COLUMN gallery_images.description IS 'Free text below the caption.';
COMMENT ON COLUMN gallery_images.tags IS 'JSON array of strings; null means none were ever set.';
COMMENT ON COLUMN gallery_images.image_url IS 'Full-size picture in object storage.';
COMMENT ON COLUMN gallery_images.thumbnail_url IS 'Small picture; null until it has been made.';
COMMENT ON COLUMN gallery_images.album_id IS 'gallery_albums.id, or null for a loose image. Not a foreign key: it may outlive its album.';
COMMENT ON COLUMN gallery_images.flagged IS 'Somebody has reported it; the reports are in gallery_flags.';
COMMENT ON COLUMN gallery_images.created_at IS 'UTC.';
COMMENT ON COLUMN gallery_images.last_updated_at IS 'UTC; kept by the application, no trigger does it.';
COMMENT ON INDEX idx_gallery_images_user_id_lazy IS 'Counts and existence checks per user.';
COMMENT ON INDEX idx_gallery_images_album_id_lazy IS 'Counts per album, and detaching the images of an album that goes away.';
COMMENT ON INDEX idx_gallery_images_user_created IS 'One user''s images in order of creation, without a sort.';
COMMENT ON INDEX idx_gallery_images_album_created IS 'An album''s images in order of creation, without a sort.';

CREATE TABLE gallery_flags (
    id              uuid      PRIMARY KEY DEFAULT gen_random_uuid(),
    image_id        uuid      NOT NULL,
    user_id         text      NOT NULL,
    reason          text,
    created_at      timestamp NOT NULL DEFAULT now(),
    last_updated_at timestamp NOT NULL DEFAULT now(),
    CONSTRAINT gallery_flags_image_user_unique UNIQUE (image_id, user_id),
    CONSTRAINT gallery_flags_image_id_fkey
        FOREIGN KEY (image_id) REFERENCES gallery_images (id) ON DELETE CASCADE
);

CREATE INDEX idx_gallery_flags_user_id_lazy ON gallery_flags (user_id);
CREATE INDEX idx_gallery_flags_image_id ON gallery_flags (image_id);

COMMENT ON TABLE gallery_flags IS 'A report by one user that an image breaks the rules.';
COMMENT ON COLUMN gallery_flags.id IS 'Made by the server.';
COMMENT ON COLUMN gallery_flags.image_id IS 'What was reported.';
COMMENT ON COLUMN gallery_flags.user_id IS 'Who reported it, not who owns the image.';
COMMENT ON COLUMN gallery_flags.reason IS 'In the reporter''s words; optional.';
COMMENT ON COLUMN gallery_flags.created_at IS 'UTC.';
COMMENT ON COLUMN gallery_flags.last_updated_at IS 'UTC; kept by the application, no trigger does it.';
COMMENT ON CONSTRAINT gallery_flags_image_user_unique ON gallery_flags IS 'One report per user and image, so that nobody can bury an image under reports.';
COMMENT ON CONSTRAINT gallery_flags_image_id_fkey ON gallery_flags IS 'A report about an image that is gone has no meaning: it goes with the image.';
COMMENT ON INDEX idx_gallery_flags_user_id_lazy IS 'What has this user reported.';
COMMENT ON INDEX idx_gallery_flags_image_id IS 'Reports on an image, and the cascade when it is deleted.';

-- Instructions ------------------------------------------------------------------------------

-- One table for two things told apart by `type`, because they share most of their columns and
-- all of their children. What belongs to official sets only is indexed partially, so that the
-- many MOCs do not pay for it.
CREATE TABLE moc_instructions (
    id                uuid      PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id           text      NOT NULL,
    title             text      NOT NULL,
    description       text,
    type              text      NOT NULL,
    moc_id            text,
    author            text,
    parts_count       integer,
    minifig_count     integer,
    theme             text,
    theme_id          integer,
    subtheme          text,
    uploaded_date     timestamp,
    brand             text,
    set_number        text,
    release_year      integer,
    retired           boolean,
    tags              jsonb,
    thumbnail_url     text,
    total_piece_count integer,
    created_at        timestamp NOT NULL DEFAULT now(),
    updated_at        timestamp NOT NULL DEFAULT now(),
    CONSTRAINT moc_instructions_user_title_unique UNIQUE (user_id, title)
);

CREATE INDEX idx_moc_instructions_user_id_lazy ON moc_instructions (user_id);
CREATE INDEX idx_moc_instructions_user_created ON moc_instructions (user_id, created_at);
CREATE INDEX idx_moc_instructions_title ON moc_instructions (title);
CREATE INDEX idx_sets_brand_set_number ON moc_instructions (brand, set_number)
    WHERE type = 'set' AND brand IS NOT NULL AND set_number IS NOT NULL;
CREATE INDEX idx_sets_brand_theme ON moc_instructions (brand, theme)
    WHERE type = 'set';
CREATE INDEX idx_sets_release_year ON moc_instructions (release_year)
    WHERE type = 'set' AND release_year IS NOT NULL;
CREATE INDEX idx_sets_retired ON moc_instructions (retired)
    WHERE type = 'set' AND retired IS NOT NULL;

COMMENT ON TABLE moc_instructions IS 'Instructions for one model: a MOC ("my own creation") or an official set, told apart by type.';
COMMENT ON COLUMN moc_instructions.id IS 'Made by the server; what the other moc tables refer to.';
COMMENT ON COLUMN moc_instructions.user_id IS 'Owner of this copy, as the identity provider names them; the designer is author.';
COMMENT ON COLUMN moc_instructions.title IS 'Unique per user.';
COMMENT ON COLUMN moc_instructions.description IS 'Plain text.';
COMMENT ON COLUMN moc_instructions.type IS '''moc'' or ''set''. The partial indexes on sets rest on the latter.';
COMMENT ON COLUMN moc_instructions.moc_id IS 'Number on the platform it came from, such as MOC-12345; not a reference to id.';
COMMENT ON COLUMN moc_instructions.author IS 'Who designed the model, as they sign.';
COMMENT ON COLUMN moc_instructions.parts_count IS 'Parts needed according to the source.';
COMMENT ON COLUMN moc_instructions.minifig_count IS 'Minifigures included.';
COMMENT ON COLUMN moc_instructions.theme IS 'Such as Castle or Space, as the source spells it.';
COMMENT ON COLUMN moc_instructions.theme_id IS 'The source''s number for the theme.';
COMMENT ON COLUMN moc_instructions.subtheme IS 'Finer than theme; free text.';
COMMENT ON COLUMN moc_instructions.uploaded_date IS 'When it was published at its source, UTC; not when this row was made.';
COMMENT ON COLUMN moc_instructions.brand IS 'Sets only: who makes it.';
COMMENT ON COLUMN moc_instructions.set_number IS 'Sets only: number on the box. Text, because of suffixes such as 10497-1.';
COMMENT ON COLUMN moc_instructions.release_year IS 'Sets only: four digits.';
COMMENT ON COLUMN moc_instructions.retired IS 'Sets only: no longer sold. Null means not known.';
COMMENT ON COLUMN moc_instructions.tags IS 'JSON array of strings; null means none were ever set.';
COMMENT ON COLUMN moc_instructions.thumbnail_url IS 'Small picture for lists.';
COMMENT ON COLUMN moc_instructions.total_piece_count IS 'Counted from the parts lists by the application; parts_count is what the source claims.';
COMMENT ON COLUMN moc_instructions.created_at IS 'UTC.';
COMMENT ON COLUMN moc_instructions.updated_at IS 'UTC; kept by the application, no trigger does it.';
COMMENT ON CONSTRAINT moc_instructions_user_title_unique ON moc_instructions IS 'Catches the same instructions uploaded twice by one user.';
COMMENT ON INDEX idx_moc_instructions_user_id_lazy IS 'Counts and existence checks per user.';
COMMENT ON INDEX idx_moc_instructions_user_created IS 'One user''s instructions in order of creation, without a sort.';
COMMENT ON INDEX idx_moc_instructions_title IS 'Lookup by exact title across users; does not serve LIKE ''%word%''.';
COMMENT ON INDEX idx_sets_brand_set_number IS 'Find an official set by the number on its box.';
COMMENT ON INDEX idx_sets_brand_theme IS 'Browse official sets of a brand by theme.';
COMMENT ON INDEX idx_sets_release_year IS 'Browse official sets by year.';
COMMENT ON INDEX idx_sets_retired IS 'Official sets still, or no longer, sold; those not known are left out.';

CREATE TABLE moc_files (
    id                uuid      PRIMARY KEY DEFAULT gen_random_uuid(),
    moc_id            uuid      NOT NULL,
    file_type         text      NOT NULL,
    file_url          text      NOT NULL,
    original_filename text,
    mime_type         text,
    created_at        timestamp NOT NULL DEFAULT now(),
    CONSTRAINT moc_files_moc_filename_unique UNIQUE (moc_id, original_filename),
    CONSTRAINT moc_files_moc_id_fkey
        FOREIGN KEY (moc_id) REFERENCES moc_instructions (id) ON DELETE CASCADE
);

CREATE INDEX idx_moc_files_moc_id_lazy ON moc_files (moc_id);
CREATE INDEX idx_moc_files_moc_type ON moc_files (moc_id, file_type);

COMMENT ON TABLE moc_files IS 'A file that belongs to instructions; the bytes are in object storage.';
COMMENT ON COLUMN moc_files.id IS 'Made by the server.';
COMMENT ON COLUMN moc_files.moc_id IS 'moc_instructions.id; not that table''s own moc_id.';
COMMENT ON COLUMN moc_files.file_type IS 'What the file is for: instruction, parts-list, thumbnail, gallery-image.';
COMMENT ON COLUMN moc_files.file_url IS 'Where the bytes are.';
COMMENT ON COLUMN moc_files.original_filename IS 'As uploaded; null for files the platform made itself.';
COMMENT ON COLUMN moc_files.mime_type IS 'As detected at upload.';
COMMENT ON COLUMN moc_files.created_at IS 'UTC.';
COMMENT ON CONSTRAINT moc_files_moc_filename_unique ON moc_files IS 'Uploading a name again replaces the file. Files without a name (null) never collide.';
COMMENT ON CONSTRAINT moc_files_moc_id_fkey ON moc_files IS 'Files go with their instructions. The bytes in object storage stay: a job collects them.';
COMMENT ON INDEX idx_moc_files_moc_id_lazy IS 'All files of one model, and the cascade when it is deleted.';
COMMENT ON INDEX idx_moc_files_moc_type IS 'The files of one purpose, such as all parts lists of a model.';

-- Links -------------------------------------------------------------------------------------

-- Both link tables cascade from both ends: a link is worth nothing without its two ends, and
-- holds no facts of its own.
CREATE TABLE moc_gallery_albums (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    moc_id           uuid NOT NULL,
    gallery_album_id uuid NOT NULL,
    CONSTRAINT moc_gallery_albums_moc_id_fkey
        FOREIGN KEY (moc_id) REFERENCES moc_instructions (id) ON DELETE CASCADE,
    CONSTRAINT moc_gallery_albums_gallery_album_id_fkey
        FOREIGN KEY (gallery_album_id) REFERENCES gallery_albums (id) ON DELETE CASCADE
);

CREATE INDEX idx_moc_gallery_albums_moc_id_lazy ON moc_gallery_albums (moc_id);
CREATE INDEX idx_moc_gallery_albums_gallery_album_id_lazy
    ON moc_gallery_albums (gallery_album_id);

COMMENT ON TABLE moc_gallery_albums IS 'Which albums show which model (many to many).';
COMMENT ON COLUMN moc_gallery_albums.id IS 'Made by the server; the pair below is not unique.';
COMMENT ON COLUMN moc_gallery_albums.moc_id IS 'moc_instructions.id.';
COMMENT ON COLUMN moc_gallery_albums.gallery_album_id IS 'gallery_albums.id.';
COMMENT ON CONSTRAINT moc_gallery_albums_moc_id_fkey ON moc_gallery_albums IS 'Deleting the model removes the link, never the album.';
COMMENT ON CONSTRAINT moc_gallery_albums_gallery_album_id_fkey ON moc_gallery_albums IS 'Deleting the album removes the link, never the model.';
COMMENT ON INDEX idx_moc_gallery_albums_moc_id_lazy IS 'Albums of a model, and the cascade from it.';
COMMENT ON INDEX idx_moc_gallery_albums_gallery_album_id_lazy IS 'Models in an album, and the cascade from it.';

CREATE TABLE moc_gallery_images (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    moc_id           uuid NOT NULL,
    gallery_image_id uuid NOT NULL,
    CONSTRAINT moc_gallery_images_moc_id_fkey
        FOREIGN KEY (moc_id) REFERENCES moc_instructions (id) ON DELETE CASCADE,
    CONSTRAINT moc_gallery_images_gallery_image_id_fkey
        FOREIGN KEY (gallery_image_id) REFERENCES gallery_images (id) ON DELETE CASCADE
);

CREATE INDEX idx_moc_gallery_images_moc_id_lazy ON moc_gallery_images (moc_id);
CREATE INDEX idx_moc_gallery_images_gallery_image_id_lazy
    ON moc_gallery_images (gallery_image_id);

COMMENT ON TABLE moc_gallery_images IS 'Which single images show which model (many to many).';
COMMENT ON COLUMN moc_gallery_images.id IS 'Made by the server; the pair below is not unique.';
COMMENT ON COLUMN moc_gallery_images.moc_id IS 'moc_instructions.id.';
COMMENT ON COLUMN moc_gallery_images.gallery_image_id IS 'gallery_images.id.';
COMMENT ON CONSTRAINT moc_gallery_images_moc_id_fkey ON moc_gallery_images IS 'Deleting the model removes the link, never the image.';
COMMENT ON CONSTRAINT moc_gallery_images_gallery_image_id_fkey ON moc_gallery_images IS 'Deleting the image removes the link, never the model.';
COMMENT ON INDEX idx_moc_gallery_images_moc_id_lazy IS 'Images of a model, and the cascade from it.';
COMMENT ON INDEX idx_moc_gallery_images_gallery_image_id_lazy IS 'Models an image shows, and the cascade from it.';

-- Parts lists -------------------------------------------------------------------------------

CREATE TABLE moc_parts_lists (
    id                   uuid      PRIMARY KEY DEFAULT gen_random_uuid(),
    moc_id               uuid      NOT NULL,
    file_id              uuid,
    title                text      NOT NULL,
    description          text,
    built                boolean   DEFAULT false,
    purchased            boolean   DEFAULT false,
    -- Figures as text: they are shown as the application formatted them, never computed with.
    inventory_percentage text      DEFAULT '0.00',
    total_parts_count    text,
    acquired_parts_count text      DEFAULT '0',
    cost_estimate        text,
    actual_cost          text,
    notes                text,
    created_at           timestamp NOT NULL DEFAULT now(),
    updated_at           timestamp NOT NULL DEFAULT now(),
    CONSTRAINT moc_parts_lists_moc_id_fkey
        FOREIGN KEY (moc_id) REFERENCES moc_instructions (id) ON DELETE CASCADE,
    CONSTRAINT moc_parts_lists_file_id_fkey
        FOREIGN KEY (file_id) REFERENCES moc_files (id) ON DELETE SET NULL
);

CREATE INDEX idx_moc_parts_lists_moc_id ON moc_parts_lists (moc_id);
CREATE INDEX idx_moc_parts_lists_file_id ON moc_parts_lists (file_id);
CREATE INDEX idx_moc_parts_lists_built ON moc_parts_lists (built);
CREATE INDEX idx_moc_parts_lists_purchased ON moc_parts_lists (purchased);
CREATE INDEX idx_moc_parts_lists_moc_built ON moc_parts_lists (moc_id, built);
CREATE INDEX idx_moc_parts_lists_moc_purchased ON moc_parts_lists (moc_id, purchased);

COMMENT ON TABLE moc_parts_lists IS 'One list of the parts a model needs, and how far its owner has come in getting them.';
COMMENT ON COLUMN moc_parts_lists.id IS 'Made by the server.';
COMMENT ON COLUMN moc_parts_lists.moc_id IS 'moc_instructions.id.';
COMMENT ON COLUMN moc_parts_lists.file_id IS 'The file it was read from; null when typed in, or when that file was deleted.';
COMMENT ON COLUMN moc_parts_lists.title IS 'A model may have several lists; this tells them apart.';
COMMENT ON COLUMN moc_parts_lists.description IS 'Free text.';
COMMENT ON COLUMN moc_parts_lists.built IS 'The owner has built the model from this list.';
COMMENT ON COLUMN moc_parts_lists.purchased IS 'Every part has been bought.';
COMMENT ON COLUMN moc_parts_lists.inventory_percentage IS 'Share of parts at hand, 0.00 to 100.00, as formatted text.';
COMMENT ON COLUMN moc_parts_lists.total_parts_count IS 'Parts on the list, as formatted text.';
COMMENT ON COLUMN moc_parts_lists.acquired_parts_count IS 'Parts at hand, as formatted text.';
COMMENT ON COLUMN moc_parts_lists.cost_estimate IS 'Expected cost with its currency, as the user typed it.';
COMMENT ON COLUMN moc_parts_lists.actual_cost IS 'What it came to, as the user typed it.';
COMMENT ON COLUMN moc_parts_lists.notes IS 'The owner''s own; never shown to others.';
COMMENT ON COLUMN moc_parts_lists.created_at IS 'UTC.';
COMMENT ON COLUMN moc_parts_lists.updated_at IS 'UTC; kept by the application, no trigger does it.';
COMMENT ON CONSTRAINT moc_parts_lists_moc_id_fkey ON moc_parts_lists IS 'A list of parts for nothing is worth nothing: it goes with the model.';
COMMENT ON CONSTRAINT moc_parts_lists_file_id_fkey ON moc_parts_lists IS 'The list outlives the file it was read from, because the owner''s progress hangs on it.';
COMMENT ON INDEX idx_moc_parts_lists_moc_id IS 'Lists of a model, and the cascade from it.';
COMMENT ON INDEX idx_moc_parts_lists_file_id IS 'Finds the lists whose file_id becomes null when a file is deleted.';
COMMENT ON INDEX idx_moc_parts_lists_built IS 'Statistics over all models: how many were built.';
COMMENT ON INDEX idx_moc_parts_lists_purchased IS 'Statistics over all models: how many were bought.';
COMMENT ON INDEX idx_moc_parts_lists_moc_built IS 'Has this model been built from any list.';
COMMENT ON INDEX idx_moc_parts_lists_moc_purchased IS 'Are the parts of this model bought.';
