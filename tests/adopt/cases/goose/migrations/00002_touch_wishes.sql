-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_at := now();
    RETURN NEW;
END
$$
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER wishes_touch BEFORE UPDATE ON wishes FOR EACH ROW EXECUTE FUNCTION touch()
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER wishes_touch ON wishes;
DROP FUNCTION touch();
