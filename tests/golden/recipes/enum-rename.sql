=== 0014_rename_wishlist_store_other.sql
-- the value 'Other' of wishlist_store is called 'Elsewhere'

-- Rows are not touched: they hold the value, not its name. For clients the change is sudden: at
-- COMMIT the old name stops being valid input. Where the application spells it out, convert to a
-- table of names instead, which can hold both for a while.
ALTER TYPE wishlist_store RENAME VALUE 'Other' TO 'Elsewhere';
=== 0014_rename_wishlist_store_other.rollback.sql
-- the value 'Elsewhere' of wishlist_store is called 'Other' again

ALTER TYPE wishlist_store RENAME VALUE 'Elsewhere' TO 'Other';
