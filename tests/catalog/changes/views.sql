-- + view shop.dear …
CREATE VIEW shop.dear AS SELECT title FROM shop.items WHERE price > 100;

-- - view shop.joined …
DROP VIEW shop.joined;

-- - view shop.joined …
-- + view shop.connected …
ALTER VIEW shop.joined RENAME TO connected;

-- view shop.cheap: definition
CREATE OR REPLACE VIEW shop.cheap AS SELECT id, title, price FROM shop.items WHERE price < 11;

-- view shop.joined: definition
-- + column shop.joined.city
CREATE OR REPLACE VIEW shop.joined AS
    SELECT i.title, s.name, s.city FROM shop.items AS i JOIN shop.suppliers AS s ON s.id = i.supplier;

-- view shop.checked: options
ALTER VIEW shop.checked SET (security_barrier = false);

-- view shop.checked: options
ALTER VIEW shop.checked RESET (security_barrier);

-- view shop.checked: options
ALTER VIEW shop.checked SET (security_invoker = true);

-- view shop.checked: options
ALTER VIEW shop.checked SET (check_option = cascaded);

-- column shop.cheap.title: default
ALTER VIEW shop.cheap ALTER title SET DEFAULT 'cheaper brick';

-- column shop.cheap.title: default
ALTER VIEW shop.cheap ALTER title DROP DEFAULT;

-- column shop.cheap.price: comment
COMMENT ON COLUMN shop.cheap.price IS 'low';

-- view shop.cheap: owner
ALTER VIEW shop.cheap OWNER TO shop_owner;

-- view shop.cheap: comment
COMMENT ON VIEW shop.cheap IS NULL;

-- view shop.cheap: grants
REVOKE SELECT ON shop.cheap FROM shop_reader;

-- column shop.cheap.price: grants
GRANT SELECT (price) ON shop.cheap TO shop_clerk;

-- view shop.joined: definition
-- - column shop.joined.name
-- + column shop.joined.supplier_name
ALTER VIEW shop.joined RENAME COLUMN name TO supplier_name;

-- + materialized-view shop.fresh …
CREATE MATERIALIZED VIEW shop.fresh AS SELECT 1 AS a;

-- - materialized-view shop.unfilled …
DROP MATERIALIZED VIEW shop.unfilled;

-- materialized-view shop.unfilled: populated
REFRESH MATERIALIZED VIEW shop.unfilled;

-- materialized-view shop.totals: populated
REFRESH MATERIALIZED VIEW shop.totals WITH NO DATA;

-- materialized-view shop.unfilled: definition
DROP MATERIALIZED VIEW shop.unfilled;
CREATE MATERIALIZED VIEW shop.unfilled WITH (fillfactor = 60) AS SELECT 2 AS one WITH NO DATA;

-- materialized-view shop.unfilled: options
ALTER MATERIALIZED VIEW shop.unfilled SET (fillfactor = 61);

-- materialized-view shop.totals: access_method
ALTER MATERIALIZED VIEW shop.totals SET ACCESS METHOD shop_heap;

-- materialized-view shop.totals: owner
ALTER MATERIALIZED VIEW shop.totals OWNER TO shop_owner;

-- materialized-view shop.totals: comment
COMMENT ON MATERIALIZED VIEW shop.totals IS 'all';

-- materialized-view shop.totals: grants
GRANT SELECT ON shop.totals TO shop_clerk;

-- index shop.totals_idx: clustered
ALTER MATERIALIZED VIEW shop.totals CLUSTER ON totals_idx;

-- column shop.totals.total: statistics
ALTER MATERIALIZED VIEW shop.totals ALTER total SET STATISTICS 5;

-- column shop.totals.total: options
ALTER MATERIALIZED VIEW shop.totals ALTER total SET (n_distinct = 7);

-- nothing
REFRESH MATERIALIZED VIEW shop.totals;
