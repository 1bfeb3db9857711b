-- migrate:up transaction:false
CREATE INDEX CONCURRENTLY wishes_title_idx ON wishes (title);

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY wishes_title_idx;
