-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY wishes_title_idx ON wishes (title);

-- +goose Down
DROP INDEX CONCURRENTLY wishes_title_idx;
