-- The ledger is of this version now.
INSERT INTO wishkit.ledger (version, yoyo_schema, written_by) VALUES (%s, %s, %s)
ON CONFLICT (only_row) DO UPDATE
SET version = excluded.version, written_by = excluded.written_by,
    written_at = excluded.written_at
