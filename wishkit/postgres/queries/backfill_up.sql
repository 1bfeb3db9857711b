-- Up to which key does the next portion of a backfill go, and over how many rows?
SELECT portion.key::text, portion.number
FROM (SELECT %(key)s AS key, row_number() OVER (ORDER BY %(key)s) AS number
      FROM %(target)s WHERE %(bounds)s ORDER BY %(key)s LIMIT %(rows)s) AS portion
ORDER BY portion.number DESC LIMIT 1
