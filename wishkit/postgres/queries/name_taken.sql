-- Does a relation or a constraint of this schema, all of them quoted, have this name already?
SELECT EXISTS (SELECT FROM pg_catalog.pg_class AS c
               WHERE pg_catalog.quote_ident(c.relname) = %(name)s
                 AND c.relnamespace::regnamespace::text = %(schema)s)
    OR EXISTS (SELECT FROM pg_catalog.pg_constraint AS k
               WHERE pg_catalog.quote_ident(k.conname) = %(name)s
                 AND k.connamespace::regnamespace::text = %(schema)s)
