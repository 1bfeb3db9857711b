-- The file of every table; another one than before means that its rows were written anew.
SELECT c.oid, pg_catalog.pg_relation_filenode(c.oid)
FROM pg_catalog.pg_class AS c
WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384
