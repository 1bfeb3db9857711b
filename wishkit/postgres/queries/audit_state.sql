-- Is the audit on, and is there anything it has noted?
SELECT (SELECT count(*) FROM pg_catalog.pg_event_trigger
        WHERE evtname IN ('wishkit_ddl', 'wishkit_drop') AND evtenabled <> 'D') = 2 AS is_on,
       EXISTS (SELECT FROM pg_catalog.pg_class AS c
               JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
               WHERE n.nspname = 'wishkit_audit' AND c.relname = 'ddl') AS has_table
