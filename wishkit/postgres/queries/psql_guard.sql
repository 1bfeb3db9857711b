-- In a script for psql: the ledger must be what it was when the script was made.
-- plpgsql looks at a statement when it runs it, so tables that are not there yet may be named.
DO $wishkit$
DECLARE
    its_version integer := 0;
    its_records text := '';
    its_steps   text;
    its_owner   text;
BEGIN
    IF pg_catalog.to_regclass('wishkit.ledger') IS NOT NULL THEN
        SELECT l.version INTO its_version FROM wishkit.ledger AS l;
        SELECT pg_catalog.string_agg(
                   y.migration_id || ' '
                   || pg_catalog.to_char(y.applied_at_utc, 'YYYY-MM-DD HH24:MI:SS.US') || ' '
                   || coalesce(a.checksum, '-'),
                   ', ' ORDER BY y.migration_id COLLATE pg_catalog."C")
          INTO its_records
          FROM {yoyo}._yoyo_migration AS y
          LEFT JOIN wishkit.applied AS a USING (migration_id, applied_at_utc);
        SELECT pg_catalog.string_agg(
                   s.migration_id || ' ' || s.direction || ' ' || s.done || '/' || s.total,
                   ', ' ORDER BY s.migration_id COLLATE pg_catalog."C", s.direction)
          INTO its_steps
          FROM (SELECT t.migration_id, t.direction, count(t.ended_at) AS done,
                       max(t.statements) AS total
                FROM wishkit.step AS t
                GROUP BY t.migration_id, t.direction) AS s;
    ELSIF %(has_yoyo)s THEN
        SELECT pg_catalog.string_agg(
                   y.migration_id || ' '
                   || pg_catalog.to_char(y.applied_at_utc, 'YYYY-MM-DD HH24:MI:SS.US') || ' -',
                   ', ' ORDER BY y.migration_id COLLATE pg_catalog."C")
          INTO its_records
          FROM {yoyo}._yoyo_migration AS y;
    END IF;
    IF its_version <> %(version)s
       OR EXISTS (SELECT FROM pg_catalog.pg_class AS c
                  WHERE c.relname = '_yoyo_migration' AND c.relkind IN ('r', 'p'))
          <> %(has_yoyo)s
       OR pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
              pg_catalog.concat_ws(' + ', coalesce(its_records, ''), its_steps), 'UTF8')), 'hex')
          <> %(fingerprint)s THEN
        RAISE EXCEPTION 'the ledger is not what it was when this script was made'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Look at the database with wishkit status, and make a new script.';
    END IF;
    IF pg_catalog.current_schema() IS DISTINCT FROM %(schema)s THEN
        RAISE EXCEPTION 'here, names without a schema mean %%, not %%',
                        pg_catalog.current_schema(), %(schema)s
            USING HINT = 'Use the search_path that wishkit has: SHOW search_path.';
    END IF;
    IF pg_catalog.to_regclass(%(yoyo_lock)s) IS NOT NULL THEN
        SELECT 'process ' || y.pid INTO its_owner FROM {yoyo}.yoyo_lock AS y LIMIT 1;
        IF its_owner IS NOT NULL THEN
            RAISE EXCEPTION 'plain yoyo holds its lock: %%', its_owner
                USING ERRCODE = 'lock_not_available', HINT = 'Wait for it, or: yoyo break-lock.';
        END IF;
    END IF;
END
$wishkit$
