-- For which types the B-tree operator classes of the server's own need not be named, and which words
-- need quotes as names.
SELECT o.oid::text AS id, format_type(o.opcintype, NULL) AS word
FROM pg_opclass AS o
WHERE o.opcmethod = 403 AND o.opcdefault AND o.oid < 16384
UNION ALL
SELECT '', k.word FROM pg_get_keywords() AS k WHERE k.catcode <> 'U'
