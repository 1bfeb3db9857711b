-- Is there a type of this name, and which ones may have been meant, as they are written here?
SELECT pg_catalog.to_regtype(%(name)s) IS NOT NULL,
       ARRAY(SELECT t.oid::regtype::text
             FROM pg_catalog.pg_type AS t
             WHERE t.typtype IN ('b', 'd', 'e', 'r') AND t.typcategory NOT IN ('A', 'P')
               AND pg_catalog.pg_type_is_visible(t.oid)
             ORDER BY t.typnamespace = 'pg_catalog'::regnamespace, 1)
