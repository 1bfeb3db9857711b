-- The database itself, whatever it is called; its encoding and locale are the server's business.
SELECT 'database' AS kind, d.tableoid AS class, d.oid, 0 AS sub, NULL::oid AS within, 'current' AS name,
       pg_get_userbyid(d.datdba) AS owner,
       nullif(d.datconnlimit, -1) AS connection_limit,
       CASE WHEN NOT d.datallowconn THEN false END AS allow_connections,
       nullif(d.datistemplate, false) AS template
FROM pg_database AS d
WHERE d.datname = current_database()
