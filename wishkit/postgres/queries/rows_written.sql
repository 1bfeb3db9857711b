-- How many rows of each table this transaction has inserted, updated and deleted so far.
SELECT pg_catalog.format('%I.%I', s.schemaname, s.relname),
       s.n_tup_ins, s.n_tup_upd, s.n_tup_del
FROM pg_catalog.pg_stat_xact_user_tables AS s
WHERE s.schemaname !~ '^pg_temp'
  AND s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0
ORDER BY 1
