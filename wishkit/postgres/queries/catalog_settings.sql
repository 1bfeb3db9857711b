-- Settings of the database, for everybody or for a role in it.
SELECT 'setting' AS kind, s.tableoid AS class, NULL::oid AS oid, 0 AS sub, NULL::oid AS within,
       ARRAY[CASE s.setrole WHEN 0 THEN '' ELSE pg_get_userbyid(s.setrole)::text END, split_part(o, '=', 1)] AS name,
       substr(o, strpos(o, '=') + 1) AS value
FROM pg_db_role_setting AS s
CROSS JOIN unnest(s.setconfig) AS o
WHERE s.setdatabase = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
