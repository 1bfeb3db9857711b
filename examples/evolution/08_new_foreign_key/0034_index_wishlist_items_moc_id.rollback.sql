-- the index wishlist_items_moc_id_idx goes away
--
-- No data is lost. Outside a transaction, as on the way forward: CONCURRENTLY lets the queries that
-- use the index finish first, without making new ones wait behind them.

DROP INDEX CONCURRENTLY wishlist_items_moc_id_idx;
