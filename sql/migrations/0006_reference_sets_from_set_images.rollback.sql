-- pictures may outlive their set again
--
-- No data is lost. The index set_images_set_id_idx is older than the foreign key, and stays.

ALTER TABLE set_images DROP CONSTRAINT set_images_set_id_fkey;
