-- What PostgreSQL 17 added.
CREATE COLLATION shop.built_in (PROVIDER = builtin, LOCALE = 'C.UTF-8');
CREATE TABLE shop.kept (a integer) PARTITION BY LIST (a) USING heap;
GRANT MAINTAIN ON shop.plain_table TO shop_clerk;
