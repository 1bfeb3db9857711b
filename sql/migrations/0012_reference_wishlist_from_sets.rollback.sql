-- a set may name any wish again, even one that is gone
--
-- No data is lost. Outside a transaction, as on the way forward, and in the opposite order: the
-- index must not go while the foreign key needs it.

ALTER TABLE sets DROP CONSTRAINT sets_wishlist_item_id_fkey;
DROP INDEX CONCURRENTLY sets_wishlist_item_id_idx;
