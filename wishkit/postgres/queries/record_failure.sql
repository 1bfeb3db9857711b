-- An attempt came to nothing: keep what is known about it.
INSERT INTO wishkit.execution (run_id, migration_id, direction, checksum, transactional,
                               started_at, outcome, error, statements, accepted,
                               killed, waits, rows)
VALUES (%(run)s, %(id)s, %(direction)s,
        (SELECT checksum FROM wishkit.script WHERE checksum = %(checksum)s), %(transactional)s,
        pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => %(elapsed)s::float8),
        %(outcome)s, %(error)s::jsonb, %(statements)s::jsonb,
        (SELECT pg_catalog.array_agg(v)
         FROM pg_catalog.json_array_elements_text(%(accepted)s::json) AS v),
        (SELECT pg_catalog.array_agg(v)
         FROM pg_catalog.json_array_elements_text(%(killed)s::json) AS v),
        %(waits)s::jsonb, %(rows)s)
