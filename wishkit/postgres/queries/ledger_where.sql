-- Where is a ledger in this database? Safe where there is none, and leaves no error in the log.
SELECT pg_catalog.to_regclass('wishkit.ledger') IS NOT NULL AS has_ledger,
       ARRAY(
           SELECT n.nspname::text
           FROM pg_catalog.pg_class AS c
           JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
           WHERE c.relname = '_yoyo_migration' AND c.relkind IN ('r', 'p')
             AND n.nspname !~ '^pg_(temp|toast)'
           ORDER BY n.nspname
       ) AS yoyo_schemas,
       pg_catalog.current_schema()::text AS current_schema
