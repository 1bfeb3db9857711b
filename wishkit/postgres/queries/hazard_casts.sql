-- Pairs of types of which the first is, byte for byte, the second (manual, CREATE CAST).
SELECT castsource::bigint, casttarget::bigint FROM pg_catalog.pg_cast WHERE castmethod = 'b'
