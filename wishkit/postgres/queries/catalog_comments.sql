-- Comments on everything. Those that schema public and the first databases are born with say nothing.
SELECT d.classoid AS class, d.objoid AS oid, d.objsubid AS sub, d.description AS comment
FROM pg_description AS d
WHERE (d.objoid >= 16384 OR d.objoid = 2200) AND (d.objoid <> 2200 OR d.description <> 'standard public schema')
UNION ALL
SELECT d.classoid, d.objoid, 0, d.description
FROM pg_shdescription AS d
WHERE d.description NOT IN ('default administrative connection database', 'default template for new databases')
