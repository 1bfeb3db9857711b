-- pictures belong to a set that exists, and go with it
-- depends: 0005_create_sets
-- allow: validate-holds-locks both tables are young and small

-- NOT VALID first: it holds for new rows at once, without reading those that are there. VALIDATE
-- then reads them under a lock that lets clients read and write on. Both stand in one file, so
-- the first statement's lock (SHARE ROW EXCLUSIVE: writers of both tables wait) lasts for the
-- reading too. That is no matter on tables this young; where it would be, put VALIDATE into a
-- migration of its own.
ALTER TABLE set_images
    ADD CONSTRAINT set_images_set_id_fkey
    FOREIGN KEY (set_id) REFERENCES sets (id) ON DELETE CASCADE
    NOT VALID;

-- Fails if there are pictures of sets that are gone. They can be seen with
--     SELECT * FROM set_images i WHERE NOT EXISTS (SELECT FROM sets s WHERE s.id = i.set_id);
ALTER TABLE set_images VALIDATE CONSTRAINT set_images_set_id_fkey;

COMMENT ON CONSTRAINT set_images_set_id_fkey ON set_images IS 'Pictures go with their set. The bytes in object storage stay: a job collects them.';
