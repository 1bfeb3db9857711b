--! Previous: -
--! Hash: sha1:ff8ce80e05720e66021531dbbe17e0fc1cce6950
--! Message: create wishes

CREATE TABLE :SCHEMA.wishes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
