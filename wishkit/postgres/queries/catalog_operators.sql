-- Operators; those that were only mentioned by another and never made have no function.
SELECT 'operator' AS kind, o.tableoid AS class, o.oid, 0 AS sub, o.oprnamespace AS within,
       ARRAY[o.oprname::text, coalesce(format_type(nullif(o.oprleft, 0), NULL), 'NONE'),
             coalesce(format_type(nullif(o.oprright, 0), NULL), 'NONE')] AS name,
       pg_get_userbyid(o.oprowner) AS owner,
       nullif(o.oprcode, 0)::regprocedure::text AS function,
       nullif(o.oprresult, 0)::regtype::text AS result,
       nullif(o.oprcom, 0)::regoperator::text AS commutator,
       nullif(o.oprnegate, 0)::regoperator::text AS negator,
       nullif(o.oprrest, 0)::regprocedure::text AS restrict,
       nullif(o.oprjoin, 0)::regprocedure::text AS join,
       nullif(o.oprcanmerge, false) AS merges,
       nullif(o.oprcanhash, false) AS hashes
FROM pg_operator AS o
WHERE o.oid >= 16384 AND (o.tableoid, o.oid) NOT IN ({members})
