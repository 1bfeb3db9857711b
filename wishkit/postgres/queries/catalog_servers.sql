-- Foreign servers. A password among the options is nobody's business.
SELECT 'server' AS kind, s.tableoid AS class, s.oid, 0 AS sub, NULL::oid AS within, s.srvname AS name,
       pg_get_userbyid(s.srvowner) AS owner,
       f.fdwname AS wrapper, s.srvtype AS type, s.srvversion AS version,
       ARRAY(SELECT regexp_replace(o, '^(.*pass.*?)=.*', '\1=…') FROM unnest(s.srvoptions) AS o ORDER BY 1) AS options
FROM pg_foreign_server AS s
JOIN pg_foreign_data_wrapper AS f ON f.oid = s.srvfdw
WHERE (s.tableoid, s.oid) NOT IN ({members})
