-- the single parts of a parts list
-- depends: 0000_create_galleries_and_instructions

CREATE TABLE moc_parts (
    id            uuid      PRIMARY KEY DEFAULT gen_random_uuid(),
    parts_list_id uuid      NOT NULL,
    part_id       text      NOT NULL,
    part_name     text      NOT NULL,
    quantity      integer   NOT NULL,
    color         text      NOT NULL,
    created_at    timestamp NOT NULL DEFAULT now(),
    CONSTRAINT moc_parts_parts_list_id_fkey
        FOREIGN KEY (parts_list_id) REFERENCES moc_parts_lists (id) ON DELETE CASCADE
);

-- A list holds hundreds to thousands of parts, so this is the table that grows. The first index
-- carries the everyday query; the other two answer "which of my models need this part".
CREATE INDEX idx_moc_parts_parts_list_id ON moc_parts (parts_list_id);
CREATE INDEX idx_moc_parts_part_id ON moc_parts (part_id);
CREATE INDEX idx_moc_parts_color ON moc_parts (color);

COMMENT ON TABLE moc_parts IS 'One line of a parts list: a part in one colour, and how many of it.';
COMMENT ON COLUMN moc_parts.id IS 'Made by the server.';
COMMENT ON COLUMN moc_parts.parts_list_id IS 'moc_parts_lists.id.';
COMMENT ON COLUMN moc_parts.part_id IS 'Design number of the mould, such as 3001; text because of suffixes such as 3001b. Not a reference.';
COMMENT ON COLUMN moc_parts.part_name IS 'As the file spelled it; copied, so that a list reads the same for ever.';
COMMENT ON COLUMN moc_parts.quantity IS 'How many of this part in this colour.';
COMMENT ON COLUMN moc_parts.color IS 'Name or number, whichever the file used.';
COMMENT ON COLUMN moc_parts.created_at IS 'UTC.';
COMMENT ON CONSTRAINT moc_parts_parts_list_id_fkey ON moc_parts IS 'Lines go with their list.';
COMMENT ON INDEX idx_moc_parts_parts_list_id IS 'The lines of a list, and the cascade when it is deleted.';
COMMENT ON INDEX idx_moc_parts_part_id IS 'Which lists need this part.';
COMMENT ON INDEX idx_moc_parts_color IS 'Which lists need parts in this colour.';
