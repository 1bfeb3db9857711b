-- transactional: false
-- depends: 20240105_01_k3Xw9-create-wishes
CREATE INDEX CONCURRENTLY wishes_title_idx ON wishes (title);
