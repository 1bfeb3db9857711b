-- a check instead of NOT NULL on wishlist_items.share_token
-- transactional: false
--
-- No data is lost, and nothing can slip in: the column stays NOT NULL until the check is valid.
-- Every statement is a transaction of its own, so that clients go on while VALIDATE reads.

ALTER TABLE wishlist_items
    ADD CONSTRAINT wishlist_items_share_token_check
    CHECK (share_token IS NOT NULL)
    NOT VALID;

ALTER TABLE wishlist_items VALIDATE CONSTRAINT wishlist_items_share_token_check;

ALTER TABLE wishlist_items ALTER COLUMN share_token DROP NOT NULL;
