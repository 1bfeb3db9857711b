-- Which tables of the ledger this role may read, and the server's time.
SELECT pg_catalog.clock_timestamp(),
       ARRAY(
           SELECT c.relname::text
           FROM pg_catalog.pg_class AS c
           JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
           WHERE n.nspname = 'wishkit' AND c.relkind IN ('r', 'v')
             AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
             AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
       )
