-- How far is what the server itself counts? Manual, 27.4. Whoever may not see a process sees no phase.
SELECT p.pid, p.phase, p.done, nullif(p.total, 0) AS total, p.unit,
       pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS relation,
       p.parts_done, nullif(p.parts_total, 0) AS parts_total
FROM (
    SELECT pid, relid, phase,
           CASE WHEN pg_catalog.starts_with(phase, 'waiting') THEN lockers_done
                WHEN blocks_total > 0 THEN blocks_done ELSE tuples_done END AS done,
           CASE WHEN pg_catalog.starts_with(phase, 'waiting') THEN lockers_total
                WHEN blocks_total > 0 THEN blocks_total ELSE tuples_total END AS total,
           CASE WHEN pg_catalog.starts_with(phase, 'waiting') THEN 'transactions'
                WHEN blocks_total > 0 THEN 'blocks' ELSE 'tuples' END AS unit,
           partitions_done AS parts_done, partitions_total AS parts_total
    FROM pg_catalog.pg_stat_progress_create_index
    WHERE datname = pg_catalog.current_database()
    UNION ALL
    SELECT pid, relid, phase,
           CASE phase WHEN 'vacuuming heap' THEN heap_blks_vacuumed ELSE heap_blks_scanned END,
           heap_blks_total, 'blocks', NULL, NULL
    FROM pg_catalog.pg_stat_progress_vacuum WHERE datname = pg_catalog.current_database()
    UNION ALL
    SELECT pid, relid, phase, sample_blks_scanned, sample_blks_total, 'blocks', NULL, NULL
    FROM pg_catalog.pg_stat_progress_analyze WHERE datname = pg_catalog.current_database()
    UNION ALL
    SELECT pid, relid, phase,
           CASE phase WHEN 'seq scanning heap' THEN heap_blks_scanned
                      ELSE heap_tuples_scanned END,
           CASE phase WHEN 'seq scanning heap' THEN heap_blks_total END,
           CASE phase WHEN 'seq scanning heap' THEN 'blocks' ELSE 'tuples' END, NULL, NULL
    FROM pg_catalog.pg_stat_progress_cluster WHERE datname = pg_catalog.current_database()
    UNION ALL
    SELECT pid, relid, 'copying', bytes_processed, bytes_total, 'bytes', NULL, NULL
    FROM pg_catalog.pg_stat_progress_copy WHERE datname = pg_catalog.current_database()
) AS p
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = p.relid
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE p.phase IS NOT NULL
