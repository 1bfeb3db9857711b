-- JPY and CNY are no longer currencies to choose
-- transactional: false
--
-- No data is lost: this refuses, and changes nothing, while rows use one of the two labels. To
-- see such rows, and to move them where they shall go:
--     SELECT * FROM wishlist_items WHERE currency IN ('JPY', 'CNY');
--     UPDATE wishlist_items SET price = NULL, currency = DEFAULT WHERE currency IN ('JPY', 'CNY');
--
-- What stays behind: two labels, '(removed) JPY' and '(removed) CNY'. PostgreSQL cannot drop
-- a label, indexes may hold it long after the last row is gone, and exchanging the whole type
-- would fail the running sessions. The application knows nothing of these names and no row holds
-- them; only a statement that spells one out could write it. Dropping the type takes them along.

-- Every statement commits by itself, so that nobody waits while the table is read.

DO $guard$
BEGIN
    IF EXISTS (SELECT FROM wishlist_items WHERE currency IN ('JPY', 'CNY')) THEN
        RAISE EXCEPTION 'wishlist_items still has rows with JPY or CNY as currency'
            USING ERRCODE = 'restrict_violation', HINT = 'Give these rows another currency first.';
    END IF;
END
$guard$;

-- Keeps out rows that would arrive meanwhile. The lock (ACCESS EXCLUSIVE) is gone again at once,
-- because nothing is read under it; VALIDATE reads, and lets clients read and write.
ALTER TABLE wishlist_items
    ADD CONSTRAINT wishlist_items_currency_unused_check
    CHECK (currency NOT IN ('JPY', 'CNY'))
    NOT VALID;
ALTER TABLE wishlist_items VALIDATE CONSTRAINT wishlist_items_currency_unused_check;

ALTER TYPE wishlist_currency RENAME VALUE 'JPY' TO '(removed) JPY';
ALTER TYPE wishlist_currency RENAME VALUE 'CNY' TO '(removed) CNY';

-- The guard has done its work: from here on the old names are no valid input. Changing the table
-- also makes every session plan its prepared statements anew; one that still had an old label
-- built in would otherwise go on writing it under its new name.
ALTER TABLE wishlist_items DROP CONSTRAINT wishlist_items_currency_unused_check;
