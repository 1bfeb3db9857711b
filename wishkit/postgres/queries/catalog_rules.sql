-- Rewrite rules, other than those that make a view.
SELECT 'rule' AS kind, r.tableoid AS class, r.oid, 0 AS sub, r.ev_class AS within, r.rulename AS name,
       pg_get_ruledef(r.oid) AS definition,
       CASE r.ev_enabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END AS enabled
FROM pg_rewrite AS r
WHERE r.oid >= 16384 AND r.rulename <> '_RETURN'
