-- Who is doing what is otherwise kept as it was at the first look of a transaction.
SELECT pg_catalog.pg_stat_clear_snapshot()
