-- wishlist_items_share_token_check of wishlist_items counts as not validated again
--
-- No data is lost, and nothing can slip in: both statements are one transaction.
-- PostgreSQL has no opposite of VALIDATE, so the constraint is made anew as it was before. No row
-- is read.

ALTER TABLE wishlist_items DROP CONSTRAINT wishlist_items_share_token_check;

ALTER TABLE wishlist_items
    ADD CONSTRAINT wishlist_items_share_token_check
    CHECK (share_token IS NOT NULL)
    NOT VALID;
