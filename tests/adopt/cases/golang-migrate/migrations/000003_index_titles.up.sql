CREATE INDEX CONCURRENTLY wishes_title_idx ON wishes (title);
