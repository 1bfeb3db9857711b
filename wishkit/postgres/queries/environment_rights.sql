-- What who is connected may do: where new tables go, whether they may, and whose tables they own.
SELECT pg_catalog.current_schema()::text,
       coalesce(pg_catalog.has_schema_privilege(pg_catalog.current_schema(), 'CREATE'), false),
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
       ARRAY(SELECT r.rolname::text FROM pg_catalog.pg_roles AS r
             WHERE pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER')
               AND r.rolname <> session_user AND NOT r.rolname LIKE 'pg\_%'
               AND NOT (SELECT s.rolsuper FROM pg_catalog.pg_roles AS s
                        WHERE s.rolname = session_user)
             ORDER BY 1),
       ARRAY(SELECT c.oid::pg_catalog.regclass::text
             FROM pg_catalog.pg_class AS c
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p')
               AND n.nspname NOT IN ('pg_catalog', 'information_schema')
               AND n.nspname !~ '^pg_'
               AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                               WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                 AND d.objid = c.oid AND d.deptype = 'e')
             ORDER BY 1)
