-- Up to which key does the next portion of a backfill go, and over how many rows?
SELECT portion.key::text, portion.number
FROM (SELECT {key} AS key, row_number() OVER (ORDER BY {key}) AS number
      FROM {target} WHERE {bounds} ORDER BY {key} LIMIT {rows}) AS portion
ORDER BY portion.number DESC LIMIT 1
