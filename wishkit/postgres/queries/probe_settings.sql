-- Make the transaction of a probe one that asserts, speaks, and does not keep others waiting.
SELECT pg_catalog.set_config(s.name, s.value, true)
FROM (VALUES
    ('lock_timeout', %(lock)s),
    ('statement_timeout', %(statement)s),
    ('client_min_messages', 'notice'),
    ('standard_conforming_strings', 'on'),
    ('plpgsql.check_asserts', 'on')
) AS s (name, value)
