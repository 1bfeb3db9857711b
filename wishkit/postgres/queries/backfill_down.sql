-- Behind which key does the next portion of a backfill begin that is being undone, and how many rows
-- does it have? Null: there is no key before it.
SELECT (SELECT {key} FROM {target} WHERE {key} < portion.key
        ORDER BY {key} DESC LIMIT 1)::text,
       portion.number
FROM (SELECT {key} AS key, row_number() OVER (ORDER BY {key} DESC) AS number
      FROM {target} WHERE {bounds} ORDER BY {key} DESC LIMIT {rows}) AS portion
ORDER BY portion.number DESC LIMIT 1
