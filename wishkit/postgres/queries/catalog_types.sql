-- Types that are made as such: enums, domains, composites, ranges and base types. The row type of a table, and
-- the arrays and multiranges that come with a type, are part of what they come with.
SELECT CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range type'
                      WHEN 'c' THEN 'composite type'
                      ELSE 'base type' END AS kind,
       t.tableoid AS class, t.oid, 0 AS sub, t.typnamespace AS within, t.typname AS name,
       pg_get_userbyid(t.typowner) AS owner,
       CASE WHEN NOT t.typisdefined THEN false END AS defined,
       CASE t.typtype WHEN 'e' THEN ARRAY(SELECT e.enumlabel::text FROM pg_enum AS e WHERE e.enumtypid = t.oid
                                          ORDER BY e.enumsortorder) END AS labels,
       CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) END AS type,
       CASE WHEN t.typtype = 'd' THEN nullif(t.typnotnull, false) END AS not_null,
       CASE t.typtype WHEN 'd' THEN pg_get_expr(t.typdefaultbin, 0) ELSE t.typdefault END AS default,
       CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation THEN t.typcollation::regcollation::text
            WHEN t.typtype = 'b' THEN nullif(t.typcollation, 0)::regcollation::text
            WHEN r.rngcollation NOT IN (0, 100) THEN r.rngcollation::regcollation::text END AS collation,
       CASE WHEN r.rngtypid IS NOT NULL THEN format_type(r.rngsubtype, NULL) END AS subtype,
       CASE WHEN r.rngtypid IS NOT NULL AND NOT o.opcdefault
            THEN (SELECT quote_ident(n.nspname) || '.' || quote_ident(o.opcname)
                  FROM pg_namespace AS n WHERE n.oid = o.opcnamespace) END AS subtype_opclass,
       nullif(r.rngcanonical, 0)::regprocedure::text AS canonical,
       nullif(r.rngsubdiff, 0)::regprocedure::text AS subtype_diff,
       CASE WHEN r.rngtypid IS NOT NULL THEN r.rngmultitypid::regtype::text END AS multirange,
       base.*
FROM pg_type AS t
LEFT JOIN pg_type AS b ON b.oid = t.typbasetype
LEFT JOIN pg_range AS r ON r.rngtypid = t.oid
LEFT JOIN pg_opclass AS o ON o.oid = r.rngsubopc
LEFT JOIN LATERAL (
    SELECT t.typinput::regprocedure::text AS input, t.typoutput::regprocedure::text AS output,
           nullif(t.typreceive, 0)::regprocedure::text AS receive, nullif(t.typsend, 0)::regprocedure::text AS send,
           nullif(t.typmodin, 0)::regprocedure::text AS typmod_in,
           nullif(t.typmodout, 0)::regprocedure::text AS typmod_out,
           nullif(t.typanalyze, 0)::regprocedure::text AS analyze,
           nullif(t.typsubscript, 0)::regprocedure::text AS subscript,
           t.typlen::int AS length, nullif(t.typbyval, false) AS passed_by_value, t.typalign::text AS alignment,
           t.typstorage::text AS storage, nullif(t.typcategory, 'U')::text AS category,
           nullif(t.typispreferred, false) AS preferred, nullif(t.typdelim, ',')::text AS delimiter,
           nullif(t.typelem, 0)::regtype::text AS element
) AS base ON t.typtype = 'b' AND t.typisdefined
WHERE t.oid >= 16384 AND (t.typtype IN ('e', 'd', 'r', 'b', 'p')
       OR t.typrelid IN (SELECT c.oid FROM pg_class AS c WHERE c.relkind = 'c'))
  AND t.oid NOT IN (SELECT e.typarray FROM pg_type AS e)
  AND (t.tableoid, t.oid) NOT IN ({members})
