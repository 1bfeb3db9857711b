-- An attempt succeeded: keep when and how. Of the message that this is part of, the server alone
-- can say how long it took by then: statement_timestamp() is when it came in.
INSERT INTO wishkit.execution (run_id, migration_id, direction, checksum, transactional,
                               started_at, outcome, statements, accepted, killed, waits, rows)
VALUES (%(run)s, %(id)s, %(direction)s,
        (SELECT checksum FROM wishkit.script WHERE checksum = %(checksum)s), %(transactional)s,
        coalesce(pg_catalog.clock_timestamp()
                 - pg_catalog.make_interval(secs => %(elapsed)s::float8),
                 pg_catalog.transaction_timestamp()
                 - pg_catalog.make_interval(
                     secs => coalesce((%(waits)s::jsonb ->> 'ms')::float8 / 1000, 0))),
        'done',
        CASE WHEN %(first)s::int IS NULL THEN %(statements)s::jsonb
             ELSE coalesce(%(statements)s::jsonb, '[]')
                  || pg_catalog.jsonb_build_object(
                      'first', %(first)s::int, 'last', %(last)s::int, 'ms',
                      pg_catalog.round(1000 * extract(epoch FROM pg_catalog.clock_timestamp()
                                       - pg_catalog.statement_timestamp())::numeric, 3)) END,
        (SELECT pg_catalog.array_agg(v)
         FROM pg_catalog.json_array_elements_text(%(accepted)s::json) AS v),
        (SELECT pg_catalog.array_agg(v)
         FROM pg_catalog.json_array_elements_text(%(killed)s::json) AS v),
        %(waits)s::jsonb, %(rows)s)
