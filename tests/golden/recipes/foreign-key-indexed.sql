=== 0014_reference_gallery_albums_from_gallery_images.sql
-- album_id of gallery_images names only what is there in gallery_albums

-- NOT VALID: what is written is checked from now on, but what is there already is not read. So the
-- lock on both tables (SHARE ROW EXCLUSIVE: writers wait) is over at once. The next migration
-- reads the old rows, under a lock that lets writers go on.
-- An index on album_id is there before: without one, deleting from
-- gallery_albums would read the whole of gallery_images each time.
ALTER TABLE gallery_images
    ADD CONSTRAINT gallery_images_album_id_fkey
    FOREIGN KEY (album_id) REFERENCES gallery_albums
    NOT VALID;
=== 0014_reference_gallery_albums_from_gallery_images.rollback.sql
-- album_id of gallery_images may name anything again
--
-- No data is lost. Takes ACCESS EXCLUSIVE on both tables, for a moment: no row is read.

ALTER TABLE gallery_images DROP CONSTRAINT gallery_images_album_id_fkey;
=== 0015_validate_gallery_images_album_id_fkey.sql
-- every album_id of gallery_images is there in gallery_albums
-- depends: 0014_reference_gallery_albums_from_gallery_images

-- In a migration of its own, because a lock lasts to the end of its transaction: here it is SHARE
-- UPDATE EXCLUSIVE, under which clients read and write on, however long the reading takes.
-- Fails, and changes nothing, if a row breaks the rule. To see such rows:
--     SELECT * FROM gallery_images AS c WHERE c.album_id IS NOT NULL AND NOT EXISTS (SELECT FROM gallery_albums AS p WHERE p.id = c.album_id);
ALTER TABLE gallery_images VALIDATE CONSTRAINT gallery_images_album_id_fkey;
=== 0015_validate_gallery_images_album_id_fkey.rollback.sql
-- gallery_images_album_id_fkey of gallery_images counts as not validated again
--
-- No data is lost, and nothing can slip in: both statements are one transaction.
-- PostgreSQL has no opposite of VALIDATE, so the constraint is made anew as it was before. No row
-- is read.

ALTER TABLE gallery_images DROP CONSTRAINT gallery_images_album_id_fkey;

ALTER TABLE gallery_images
    ADD CONSTRAINT gallery_images_album_id_fkey
    FOREIGN KEY (album_id) REFERENCES gallery_albums
    NOT VALID;
