-- Somebody asks to run this; who and when is filled in by the server.
INSERT INTO wishkit.request (environment, digest, bundle, expires_at)
VALUES (%(environment)s, %(digest)s, %(bundle)s,
        pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => %(expires)s))
RETURNING id
