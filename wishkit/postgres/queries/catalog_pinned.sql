-- Everything that changes how the server prints a definition, for this transaction only. Temporary
-- tables come last, so that none can pass for a catalog. Questions about everything are answered
-- best by hashing, whatever the catalogs' statistics say.
SELECT set_config(s.name, s.value, true)
FROM (VALUES ('search_path', 'pg_catalog, pg_temp'), ('quote_all_identifiers', 'off'), ('DateStyle', 'ISO, YMD'),
             ('IntervalStyle', 'postgres'), ('TimeZone', 'UTC'), ('extra_float_digits', '1'),
             ('bytea_output', 'hex'), ('standard_conforming_strings', 'on'), ('xmlbinary', 'base64'),
             ('lc_monetary', 'C'), ('lc_numeric', 'C'), ('lc_time', 'C'), ('client_encoding', 'UTF8'), ('jit', 'off'),
             ('max_parallel_workers_per_gather', '0'), ('statement_timeout', '0'),
             ('enable_nestloop', 'off'), ('work_mem', '64MB')) AS s (name, value)
