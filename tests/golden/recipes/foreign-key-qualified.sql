=== 0014_index_gallery_albums_cover_image_id.sql
-- an index on public.gallery_albums: (cover_image_id)
-- transactional: false

-- CONCURRENTLY, because a plain CREATE INDEX makes every writer of the table wait until it is
-- built. That is why this file runs outside a transaction.
-- No IF NOT EXISTS: a build that was broken off leaves an index of this name that is INVALID, and
-- IF NOT EXISTS would take it for the finished one.
CREATE INDEX CONCURRENTLY gallery_albums_cover_image_id_idx
    ON public.gallery_albums (cover_image_id);
=== 0014_index_gallery_albums_cover_image_id.rollback.sql
-- the index gallery_albums_cover_image_id_idx goes away
--
-- No data is lost. Outside a transaction, as on the way forward: CONCURRENTLY lets the queries that
-- use the index finish first, without making new ones wait behind them.

DROP INDEX CONCURRENTLY public.gallery_albums_cover_image_id_idx;
=== 0015_reference_gallery_images_from_gallery_albums.sql
-- cover_image_id of public.gallery_albums names only what is there in public.gallery_images
-- depends: 0014_index_gallery_albums_cover_image_id

-- NOT VALID: what is written is checked from now on, but what is there already is not read. So the
-- lock on both tables (SHARE ROW EXCLUSIVE: writers wait) is over at once. The next migration
-- reads the old rows, under a lock that lets writers go on.
-- An index on cover_image_id is there before: without one, deleting from
-- public.gallery_images would read the whole of public.gallery_albums each time.
ALTER TABLE public.gallery_albums
    ADD CONSTRAINT gallery_albums_cover_image_id_fkey
    FOREIGN KEY (cover_image_id) REFERENCES public.gallery_images (id) on delete cascade
    NOT VALID;
=== 0015_reference_gallery_images_from_gallery_albums.rollback.sql
-- cover_image_id of public.gallery_albums may name anything again
--
-- No data is lost. Takes ACCESS EXCLUSIVE on both tables, for a moment: no row is read.

ALTER TABLE public.gallery_albums DROP CONSTRAINT gallery_albums_cover_image_id_fkey;
=== 0016_validate_gallery_albums_cover_image_id_fkey.sql
-- every cover_image_id of public.gallery_albums is there in public.gallery_images
-- depends: 0015_reference_gallery_images_from_gallery_albums

-- In a migration of its own, because a lock lasts to the end of its transaction: here it is SHARE
-- UPDATE EXCLUSIVE, under which clients read and write on, however long the reading takes.
-- Fails, and changes nothing, if a row breaks the rule. To see such rows:
--     SELECT * FROM public.gallery_albums AS c WHERE c.cover_image_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.gallery_images AS p WHERE p.id = c.cover_image_id);
ALTER TABLE public.gallery_albums VALIDATE CONSTRAINT gallery_albums_cover_image_id_fkey;
=== 0016_validate_gallery_albums_cover_image_id_fkey.rollback.sql
-- gallery_albums_cover_image_id_fkey of public.gallery_albums counts as not validated again
--
-- No data is lost, and nothing can slip in: both statements are one transaction.
-- PostgreSQL has no opposite of VALIDATE, so the constraint is made anew as it was before. No row
-- is read.

ALTER TABLE public.gallery_albums DROP CONSTRAINT gallery_albums_cover_image_id_fkey;

ALTER TABLE public.gallery_albums
    ADD CONSTRAINT gallery_albums_cover_image_id_fkey
    FOREIGN KEY (cover_image_id) REFERENCES public.gallery_images (id) on delete cascade
    NOT VALID;
