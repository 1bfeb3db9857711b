-- Operator classes and families, by the access method they are for, with what is in them.
SELECT o.*
FROM (
    SELECT 'operator class' AS kind, c.tableoid AS class, c.oid, 0 AS sub, c.opcnamespace AS within,
           ARRAY[c.opcname::text, a.amname::text] AS name,
           pg_get_userbyid(c.opcowner) AS owner,
           format_type(c.opcintype, NULL) AS type,
           nullif(c.opcdefault, false) AS default,
           nullif(c.opckeytype, 0)::regtype::text AS storage,
           quote_ident(n.nspname) || '.' || quote_ident(f.opfname) AS family,
           NULL::text[] AS operators, NULL::text[] AS functions
    FROM pg_opclass AS c
    JOIN pg_am AS a ON a.oid = c.opcmethod
    JOIN pg_opfamily AS f ON f.oid = c.opcfamily
    JOIN pg_namespace AS n ON n.oid = f.opfnamespace
    WHERE c.oid >= 16384
    UNION ALL
    SELECT 'operator family', f.tableoid, f.oid, 0, f.opfnamespace, ARRAY[f.opfname::text, a.amname::text],
           pg_get_userbyid(f.opfowner), NULL, NULL, NULL, NULL,
           ARRAY(SELECT o.amopstrategy || ' ' || o.amopopr::regoperator::text
                        || CASE WHEN o.amopsortfamily <> 0 THEN (
                               SELECT ' FOR ORDER BY ' || quote_ident(n.nspname) || '.' || quote_ident(s.opfname)
                               FROM pg_opfamily AS s JOIN pg_namespace AS n ON n.oid = s.opfnamespace
                               WHERE s.oid = o.amopsortfamily) ELSE '' END
                 FROM pg_amop AS o WHERE o.amopfamily = f.oid ORDER BY 1),
           ARRAY(SELECT p.amprocnum || ' (' || format_type(p.amproclefttype, NULL) || ', '
                        || format_type(p.amprocrighttype, NULL) || ') ' || p.amproc::regprocedure::text
                 FROM pg_amproc AS p WHERE p.amprocfamily = f.oid ORDER BY 1)
    FROM pg_opfamily AS f
    JOIN pg_am AS a ON a.oid = f.opfmethod
    WHERE f.oid >= 16384
) AS o
WHERE (o.class, o.oid) NOT IN ({members})
