-- what an instruction page shows: designer, dimensions, difficulty, status, visibility
-- depends: 0000_create_galleries_and_instructions
-- allow: unique-without-index every slug is still null, and the table small

-- One ALTER TABLE, so that the lock is taken once. Columns without a default, and columns whose
-- default is a constant, are added without touching a row: PostgreSQL keeps such a default in
-- the catalogue for the rows that are already there.
ALTER TABLE moc_instructions
    ADD COLUMN slug                    text,
    ADD COLUMN designer                jsonb,
    ADD COLUMN dimensions              jsonb,
    ADD COLUMN instructions_metadata   jsonb,
    ADD COLUMN alternate_build         jsonb,
    ADD COLUMN features                jsonb,
    ADD COLUMN source_platform         jsonb,
    ADD COLUMN event_badges            jsonb,
    ADD COLUMN moderation              jsonb,
    ADD COLUMN platform_category_id    integer,
    ADD COLUMN description_html        text,
    ADD COLUMN short_description       text,
    ADD COLUMN difficulty              text,
    ADD COLUMN build_time_hours        integer,
    ADD COLUMN age_recommendation      text,
    -- Private drafts unless somebody says otherwise: nothing that was there before this
    -- migration becomes public by it.
    ADD COLUMN status                  text    DEFAULT 'draft',
    ADD COLUMN visibility              text    DEFAULT 'private',
    ADD COLUMN is_featured             boolean DEFAULT false,
    ADD COLUMN is_verified             boolean DEFAULT false,
    ADD COLUMN published_at            timestamp,
    ADD COLUMN finalized_at            timestamp,
    ADD COLUMN finalizing_at           timestamp,
    ADD COLUMN added_by_user_id        text,
    ADD COLUMN last_updated_by_user_id text;

-- Built under lock because every slug is still null and the table small. On a large table, build
-- a unique index CONCURRENTLY first and add the constraint USING INDEX.
ALTER TABLE moc_instructions
    ADD CONSTRAINT moc_instructions_user_slug_unique UNIQUE (user_id, slug);

COMMENT ON COLUMN moc_instructions.slug IS 'The title as it appears in the address of the page; null until published.';
COMMENT ON COLUMN moc_instructions.designer IS 'JSON object: name, profile and links of the designer, as the source had them.';
COMMENT ON COLUMN moc_instructions.dimensions IS 'JSON object: height, width and depth, each in centimetres and in studs.';
COMMENT ON COLUMN moc_instructions.instructions_metadata IS 'JSON object: format, page count and the like of the instruction files.';
COMMENT ON COLUMN moc_instructions.alternate_build IS 'JSON object: which set it can be built from; null for a model of its own.';
COMMENT ON COLUMN moc_instructions.features IS 'JSON array of what the model can do (opening doors, lights).';
COMMENT ON COLUMN moc_instructions.source_platform IS 'JSON object: where it was imported from, with address and time.';
COMMENT ON COLUMN moc_instructions.event_badges IS 'JSON array of contests and events it took part in.';
COMMENT ON COLUMN moc_instructions.moderation IS 'JSON object: who decided what about it, and when.';
COMMENT ON COLUMN moc_instructions.platform_category_id IS 'The source platform''s number for the category.';
COMMENT ON COLUMN moc_instructions.description_html IS 'Formatted form of description; cleaned by the application before it is stored.';
COMMENT ON COLUMN moc_instructions.short_description IS 'One or two sentences for lists and link previews.';
COMMENT ON COLUMN moc_instructions.difficulty IS 'beginner, intermediate, advanced or expert; the application checks it.';
COMMENT ON COLUMN moc_instructions.build_time_hours IS 'Whole hours, as the designer estimates.';
COMMENT ON COLUMN moc_instructions.age_recommendation IS 'Such as 12+.';
COMMENT ON COLUMN moc_instructions.status IS 'draft, published, archived or pending_review; the application checks it.';
COMMENT ON COLUMN moc_instructions.visibility IS 'public, unlisted or private. Counts only once status is published.';
COMMENT ON COLUMN moc_instructions.is_featured IS 'Chosen by the editors for the front page.';
COMMENT ON COLUMN moc_instructions.is_verified IS 'Somebody has built it from these files.';
COMMENT ON COLUMN moc_instructions.published_at IS 'UTC; first publication, kept when unpublished.';
COMMENT ON COLUMN moc_instructions.finalizing_at IS 'UTC; set while the upload is being put together, so that a second request stands back.';
COMMENT ON COLUMN moc_instructions.finalized_at IS 'UTC; when the upload was complete.';
COMMENT ON COLUMN moc_instructions.added_by_user_id IS 'Who typed it in, where that is not the owner.';
COMMENT ON COLUMN moc_instructions.last_updated_by_user_id IS 'Who changed it last, where that is not the owner.';
COMMENT ON CONSTRAINT moc_instructions_user_slug_unique ON moc_instructions IS 'A page address leads to one model. Models without a slug (null) never collide.';
