-- wishlist_currency no longer has the value 'CHF'
-- transactional: false
--
-- No data is lost: this refuses, and changes nothing, while anything uses the value.
--
-- Every statement commits by itself, so that nobody waits while the tables are read: VALIDATE
-- alone, unlike VALIDATE in one transaction with ADD CONSTRAINT, lets clients read and write.
--
-- What stays behind is a value called '(removed) CHF'. PostgreSQL cannot drop one, and
-- exchanging the whole type would fail the running sessions.

-- Before anything is changed: who uses the value? Columns that are not listed here came after
-- this file was written, or hold the value in an array, a domain, a range or a composite type,
-- which the checks below cannot see into.
DO $guard$
DECLARE
    elsewhere text[] := ARRAY(
        WITH RECURSIVE made_of AS (
            SELECT 'wishlist_currency'::regtype::oid AS type
            UNION
            SELECT t.oid
            FROM made_of AS m
            JOIN (pg_type AS t LEFT JOIN pg_range AS r ON r.rngtypid = t.oid)
                ON m.type IN (t.typelem, t.typbasetype, r.rngsubtype)
        )
        SELECT format('%s.%I', c.oid::regclass, a.attname)
        FROM made_of AS m
        JOIN pg_attribute AS a ON a.atttypid = m.type AND NOT a.attisdropped
        JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'f', 'c')
        WHERE a.attinhcount = 0 -- a partition has the checks of its table
        ORDER BY 1);
BEGIN

    elsewhere := array_remove(elsewhere, format('%s.%I', 'wishlist_items'::regclass, 'currency'));
    IF EXISTS (SELECT FROM wishlist_items WHERE currency = 'CHF') THEN
        RAISE EXCEPTION '%.% still has rows with %', 'wishlist_items', 'currency', 'CHF'
            USING ERRCODE = 'restrict_violation', HINT = 'Give these rows another value first.';
    END IF;
    IF EXISTS (SELECT FROM pg_attrdef WHERE adrelid = 'wishlist_items'::regclass
               AND strpos(pg_get_expr(adbin, adrelid), quote_literal('CHF') || '::') > 0) THEN
        RAISE EXCEPTION 'a default of % is still %', 'wishlist_items', 'CHF'
            USING ERRCODE = 'restrict_violation', HINT = 'Set another default first.';
    END IF;

    IF elsewhere <> '{}' THEN
        RAISE EXCEPTION '% may be used where this does not look: %', 'CHF', elsewhere
            USING ERRCODE = 'dependent_objects_still_exist',
                  HINT = 'Add a check for each such column; arrays, domains, ranges and composite '
                         'types have to go first.';
    END IF;
END
$guard$;

-- The guard: keeps out rows that would arrive meanwhile. Its lock is gone again at once.
ALTER TABLE wishlist_items ADD CONSTRAINT wishlist_items_currency_unused CHECK (currency <> 'CHF') NOT VALID;

-- Reads the table; clients go on reading and writing.
ALTER TABLE wishlist_items VALIDATE CONSTRAINT wishlist_items_currency_unused;

ALTER TYPE wishlist_currency RENAME VALUE 'CHF' TO '(removed) CHF';

-- The guard has done its work: from here on the name is no valid input. Changing the table also
-- makes every session plan its prepared statements anew; one that still had the value built in
-- would otherwise go on writing it under its new name.
ALTER TABLE wishlist_items DROP CONSTRAINT wishlist_items_currency_unused;
