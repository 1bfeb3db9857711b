-- Subscriptions, without how they connect, which may hold a secret. Columns that an older server
-- does not have are those of `absent`, to which a name refers when no nearer table has it.
SELECT 'subscription' AS kind, s.*
FROM (VALUES (NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text))
    AS absent (subtwophasestate, subdisableonerr, suborigin, subrunasowner, subpasswordrequired, subfailover)
CROSS JOIN LATERAL (
    SELECT 'pg_subscription'::regclass::oid AS class, s.oid, 0 AS sub, NULL::oid AS within, s.subname AS name,
           pg_get_userbyid(s.subowner) AS owner,
           CASE WHEN NOT s.subenabled THEN false END AS enabled,
           ARRAY(SELECT o FROM unnest(s.subpublications) AS o ORDER BY 1) AS publications,
           nullif(s.subslotname, s.subname)::text AS slot,
           CASE WHEN s.subslotname IS NULL THEN true END AS without_slot,
           nullif(s.subsynccommit, 'off') AS synchronous_commit,
           nullif(s.subbinary, false) AS binary,
           -- Since 18 `parallel` is what one gets without asking.
           nullif(CASE s.substream::text WHEN 't' THEN 'on' WHEN 'true' THEN 'on' WHEN 'p' THEN 'parallel'
                                         ELSE 'off' END,
                  CASE WHEN current_setting('server_version_num')::int < 180000 THEN 'off' ELSE 'parallel' END)
               AS streaming,
           CASE WHEN subtwophasestate::text <> 'd' THEN true END AS two_phase,
           CASE WHEN subdisableonerr::text = 'true' THEN true END AS disable_on_error,
           CASE WHEN suborigin::text <> 'any' THEN suborigin::text END AS origin,
           CASE WHEN subrunasowner::text = 'true' THEN true END AS run_as_owner,
           CASE WHEN subpasswordrequired::text = 'false' THEN false END AS password_required,
           CASE WHEN subfailover::text = 'true' THEN true END AS failover
    FROM pg_subscription AS s
    WHERE s.subdbid = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
) AS s
