-- Keep what the database consists of now that this run has ended.
INSERT INTO wishkit.snapshot (run_id, reader, fingerprint, content)
VALUES (%(run)s, %(reader)s, %(fingerprint)s, %(content)s)
ON CONFLICT (only_row) DO UPDATE SET
    (run_id, taken_at, server_version, reader, fingerprint, content)
    = (excluded.run_id, excluded.taken_at, excluded.server_version, excluded.reader,
       excluded.fingerprint, excluded.content)
