-- the index for coming releases goes away
--
-- No data is lost. Outside a transaction, as on the way forward.

DROP INDEX CONCURRENTLY idx_wishlist_release_date;
