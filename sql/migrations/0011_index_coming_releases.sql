-- an index for releases still to come
-- transactional: false
-- depends: 0007_add_wishlist

-- Partial, because most wishes are for things long on sale; they have no date and need no entry.
-- Not limited to the future, because a predicate must not change by itself and so cannot contain
-- now(). A query has to compare release_date with something to be served by it; a range will do.
-- CONCURRENTLY and without IF NOT EXISTS, for the reasons told in 0010_index_recent_wishes.
CREATE INDEX CONCURRENTLY idx_wishlist_release_date
    ON wishlist_items (release_date)
    WHERE release_date IS NOT NULL;

COMMENT ON INDEX idx_wishlist_release_date IS 'The nightly reminder: wishes, of all users, that come to market in the next days.';
