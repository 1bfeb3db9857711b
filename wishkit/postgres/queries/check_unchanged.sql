-- One text that changes whenever the answer of `wishkit check` could: with every object, name of a
-- role and row of the ledger, and with who asks where. The time at which the server was started tells
-- servers apart; anybody may read it, and it is no copy where a whole server is one.
SELECT md5(concat_ws(',',
    ({fingerprint}),
    (SELECT sum(hashtext((oid, rolname)::text)) FROM pg_roles),
    (SELECT md5(string_agg(t.told, ',' ORDER BY t.told))
     FROM (
         SELECT t.name || ' ' || t.rows || ' ' || (t.rows * latest.xid - coalesce(t.ages, 0) & 4294967295) AS told
         FROM (SELECT 3 + age('3'::xid)::bigint) AS latest (xid)
         CROSS JOIN (
             SELECT 'ledger', count(*), sum(age(xmin)) FROM wishkit.ledger
             UNION ALL
             SELECT 'applied', count(*), sum(age(xmin)) FROM wishkit.applied
             UNION ALL
             SELECT 'execution', count(*), sum(age(xmin)) FROM wishkit.execution
             UNION ALL
             SELECT 'script', count(*), sum(age(xmin)) FROM wishkit.script
             UNION ALL
             SELECT 'step', count(*), sum(age(xmin)) FROM wishkit.step
             UNION ALL
             SELECT 'snapshot', count(*), sum(age(xmin)) FROM wishkit.snapshot
             UNION ALL
             SELECT 'yoyo', count(*), sum(age(xmin)) FROM {yoyo}._yoyo_migration
         ) AS t (name, rows, ages)
     ) AS t),
    extract(epoch FROM pg_postmaster_start_time()),
    current_setting('server_version'),
    pg_is_in_recovery(),
    quote_ident(current_database()),
    quote_ident(session_user),
    quote_ident(current_user)
)) AS state
