-- Text search: parsers, templates, dictionaries and configurations.
SELECT o.*
FROM (
    SELECT 'text search parser' AS kind, p.tableoid AS class, p.oid, 0 AS sub, p.prsnamespace AS within,
           p.prsname AS name, NULL::name AS owner,
           ARRAY[p.prsstart::regprocedure::text, p.prstoken::regprocedure::text, p.prsend::regprocedure::text,
                 p.prsheadline::regprocedure::text, p.prslextype::regprocedure::text] AS functions,
           NULL AS parser, NULL AS template, NULL AS options, NULL::text[] AS mappings
    FROM pg_ts_parser AS p
    UNION ALL
    SELECT 'text search template', t.tableoid, t.oid, 0, t.tmplnamespace, t.tmplname, NULL,
           ARRAY[t.tmplinit::regprocedure::text, t.tmpllexize::regprocedure::text], NULL, NULL, NULL, NULL
    FROM pg_ts_template AS t
    UNION ALL
    SELECT 'text search dictionary', d.tableoid, d.oid, 0, d.dictnamespace, d.dictname, pg_get_userbyid(d.dictowner),
           NULL, NULL, quote_ident(n.nspname) || '.' || quote_ident(t.tmplname), d.dictinitoption, NULL
    FROM pg_ts_dict AS d
    JOIN pg_ts_template AS t ON t.oid = d.dicttemplate
    JOIN pg_namespace AS n ON n.oid = t.tmplnamespace
    WHERE d.oid >= 16384
    UNION ALL
    SELECT 'text search configuration', c.tableoid, c.oid, 0, c.cfgnamespace, c.cfgname, pg_get_userbyid(c.cfgowner),
           NULL, quote_ident(n.nspname) || '.' || quote_ident(p.prsname), NULL, NULL,
           ARRAY(SELECT k.alias || ': ' || string_agg(m.mapdict::regdictionary::text, ', ' ORDER BY m.mapseqno)
                 FROM pg_ts_config_map AS m
                 JOIN LATERAL ts_token_type(c.cfgparser) AS k ON k.tokid = m.maptokentype
                 WHERE m.mapcfg = c.oid GROUP BY k.alias ORDER BY k.alias)
    FROM pg_ts_config AS c
    JOIN pg_ts_parser AS p ON p.oid = c.cfgparser
    JOIN pg_namespace AS n ON n.oid = p.prsnamespace
    WHERE c.oid >= 16384
) AS o
WHERE o.oid >= 16384 AND (o.class, o.oid) NOT IN ({members})
