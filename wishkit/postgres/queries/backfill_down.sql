-- Behind which key does the next portion of a backfill begin that is being undone, and how many rows
-- does it have? Null: there is no key before it.
SELECT (SELECT %(key)s FROM %(target)s WHERE %(key)s < portion.key
        ORDER BY %(key)s DESC LIMIT 1)::text,
       portion.number
FROM (SELECT %(key)s AS key, row_number() OVER (ORDER BY %(key)s DESC) AS number
      FROM %(target)s WHERE %(bounds)s ORDER BY %(key)s DESC LIMIT %(rows)s) AS portion
ORDER BY portion.number DESC LIMIT 1
