-- Event triggers.
SELECT 'event trigger' AS kind, e.tableoid AS class, e.oid, 0 AS sub, NULL::oid AS within, e.evtname AS name,
       pg_get_userbyid(e.evtowner) AS owner,
       e.evtevent AS event, e.evtfoid::regprocedure::text AS function,
       ARRAY(SELECT o FROM unnest(e.evttags) AS o ORDER BY 1) AS tags,
       CASE e.evtenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END AS enabled
FROM pg_event_trigger AS e
WHERE (e.tableoid, e.oid) NOT IN ({members})
  AND e.evtfoid NOT IN (SELECT p.oid FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
                        WHERE n.nspname IN ('wishkit', 'wishkit_audit'))
