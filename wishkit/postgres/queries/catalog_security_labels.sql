-- Security labels on everything, by their provider.
SELECT s.classoid AS class, s.objoid AS oid, s.objsubid AS sub,
       array_agg(ARRAY[s.provider, s.label] ORDER BY s.provider) AS security_labels
FROM (SELECT classoid, objoid, objsubid, provider, label FROM pg_seclabel
      UNION ALL SELECT classoid, objoid, 0, provider, label FROM pg_shseclabel) AS s
GROUP BY 1, 2, 3
