-- Aggregates, which the server has no definition for.
SELECT 'aggregate' AS kind, p.tableoid AS class, p.oid, 0 AS sub, p.pronamespace AS within,
       ARRAY[p.proname::text, pg_get_function_identity_arguments(p.oid)] AS name,
       pg_get_userbyid(p.proowner) AS owner,
       pg_get_function_arguments(p.oid) AS arguments,
       pg_get_function_result(p.oid) AS result,
       CASE a.aggkind WHEN 'o' THEN 'ordered set' WHEN 'h' THEN 'hypothetical set' END AS type,
       nullif(a.aggnumdirectargs, 0)::int AS direct_arguments,
       a.aggtransfn::regprocedure::text AS state_function,
       format_type(a.aggtranstype, NULL) AS state_type,
       nullif(a.aggtransspace, 0) AS state_size,
       a.agginitval AS initial,
       nullif(a.aggfinalfn, 0)::regprocedure::text AS final_function,
       nullif(a.aggfinalextra, false) AS final_extra,
       nullif(a.aggfinalmodify, CASE a.aggkind WHEN 'n' THEN 'r'::"char" ELSE 'w'::"char" END)::text AS final_modify,
       nullif(a.aggcombinefn, 0)::regprocedure::text AS combine_function,
       nullif(a.aggserialfn, 0)::regprocedure::text AS serial_function,
       nullif(a.aggdeserialfn, 0)::regprocedure::text AS deserial_function,
       nullif(a.aggmtransfn, 0)::regprocedure::text AS moving_state_function,
       nullif(a.aggminvtransfn, 0)::regprocedure::text AS moving_inverse_function,
       nullif(a.aggmfinalfn, 0)::regprocedure::text AS moving_final_function,
       nullif(a.aggmfinalextra, false) AS moving_final_extra,
       CASE WHEN a.aggmtransfn <> 0 THEN
           nullif(a.aggmfinalmodify, CASE a.aggkind WHEN 'n' THEN 'r'::"char" ELSE 'w'::"char" END)::text
       END AS moving_final_modify,
       nullif(a.aggmtranstype, 0)::regtype::text AS moving_state_type,
       nullif(a.aggmtransspace, 0) AS moving_state_size,
       a.aggminitval AS moving_initial,
       nullif(a.aggsortop, 0)::regoperator::text AS sort_operator,
       CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END AS parallel
FROM pg_aggregate AS a
JOIN pg_proc AS p ON p.oid = a.aggfnoid
WHERE p.oid >= 16384 AND (p.tableoid, p.oid) NOT IN ({members})
