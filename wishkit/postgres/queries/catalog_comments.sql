-- Comments on everything. The one that schema public is born with says nothing.
SELECT d.classoid AS class, d.objoid AS oid, d.objsubid AS sub, d.description AS comment
FROM pg_description AS d
WHERE (d.objoid >= 16384 OR d.objoid = 2200) AND (d.objoid <> 2200 OR d.description <> 'standard public schema')
UNION ALL
SELECT d.classoid, d.objoid, 0, d.description
FROM pg_shdescription AS d
WHERE d.objoid >= 16384
