-- galleries and instructions go away
--
-- DATA IS LOST. Every row of these eight tables; the files in object storage stay there.
-- Children before parents, and no CASCADE: a table that came later and still refers to one of
-- these must stop the rollback, not vanish with it.

DROP TABLE moc_parts_lists;
DROP TABLE moc_gallery_images;
DROP TABLE moc_gallery_albums;
DROP TABLE moc_files;
DROP TABLE moc_instructions;
DROP TABLE gallery_flags;
DROP TABLE gallery_images;
DROP TABLE gallery_albums;
