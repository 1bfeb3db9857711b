-- What a replay of the migrations has to find besides a server: a database of this name and owner,
-- these roles, and the one that made most of what is here.
SELECT current_database()::text,
       (SELECT pg_get_userbyid(datdba)::text FROM pg_catalog.pg_database
        WHERE datname = current_database()),
       coalesce((SELECT r.rolname::text
                 FROM pg_catalog.pg_class AS c
                 JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                 JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner
                 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't'
                   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                                   WHERE d.classid = 'pg_catalog.pg_class'::regclass
                                     AND d.objid = c.oid AND d.deptype = 'e')
                 GROUP BY r.rolname ORDER BY count(*) DESC, r.rolname LIMIT 1),
                current_user::text),
       (SELECT coalesce(array_agg(rolname::text ORDER BY rolname), '{}')
        FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_')
