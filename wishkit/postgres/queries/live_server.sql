-- What may this role see of runs? Fails nowhere: not without a ledger, nor without any right to it.
SELECT pg_catalog.clock_timestamp() AS now,
       pg_catalog.pg_is_in_recovery() AS standby,
       current_user::text AS role,
       n.oid IS NOT NULL AS ledger,
       coalesce(pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND NOT EXISTS (
           SELECT FROM (VALUES ('run'), ('execution'), ('step')) AS t (name)
           LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = t.name
           WHERE pg_catalog.has_table_privilege(c.oid, 'SELECT') IS NOT TRUE
       ), false) AS readable
FROM (SELECT) AS one
LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = 'wishkit'
