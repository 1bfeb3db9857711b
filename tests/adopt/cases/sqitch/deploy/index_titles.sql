-- Deploy shop:index_titles to pg

CREATE INDEX CONCURRENTLY wishes_title_idx ON wishes (title);
