-- the wishlist, with its stores, currencies and indexes

-- Enums rather than text with a CHECK, because the application shows both as fixed choices in
-- the order given here. Other stays last, so that new stores go before it.
CREATE TYPE wishlist_store AS ENUM ('LEGO', 'Barweer', 'Cata', 'BrickLink', 'Other');
CREATE TYPE wishlist_currency AS ENUM ('USD', 'EUR', 'GBP', 'CAD', 'AUD');

COMMENT ON TYPE wishlist_store IS 'Where a wish can be bought. Sorts in the order of the choices on screen, Other last.';
COMMENT ON TYPE wishlist_currency IS 'Currency of a price, ISO 4217.';

CREATE TABLE wishlist_items (
    id           uuid              PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id      text              NOT NULL,
    title        text              NOT NULL,
    store        wishlist_store    NOT NULL,
    set_number   text,
    source_url   text,
    image_url    text,
    -- Text, unlike the money in sets: shown as the store's page had it, never computed with.
    price        text,
    currency     wishlist_currency DEFAULT 'USD',
    piece_count  integer,
    release_date timestamp,
    tags         jsonb             DEFAULT '[]',
    priority     integer           DEFAULT 0,
    notes        text,
    sort_order   integer           NOT NULL DEFAULT 0,
    created_at   timestamp         NOT NULL DEFAULT now(),
    updated_at   timestamp         NOT NULL DEFAULT now(),
    created_by   text,
    updated_by   text,
    -- A null priority passes: a CHECK refuses only what is false.
    CONSTRAINT priority_range_check CHECK (priority BETWEEN 0 AND 5)
);

-- Every query of the application is about one user, so user_id leads every index, and each list
-- on screen has one that also gives its order. None starts with store or priority: nobody asks
-- across users, and such an index would be paid for with every insert.
CREATE INDEX idx_wishlist_user_id ON wishlist_items (user_id);
CREATE INDEX idx_wishlist_user_sort ON wishlist_items (user_id, sort_order);
CREATE INDEX idx_wishlist_user_store ON wishlist_items (user_id, store);
CREATE INDEX idx_wishlist_user_priority ON wishlist_items (user_id, priority);
CREATE INDEX idx_wishlist_user_store_priority ON wishlist_items (user_id, store, priority);

COMMENT ON TABLE wishlist_items IS 'One thing one user would like to have. What was bought is in sets.';
COMMENT ON COLUMN wishlist_items.id IS 'Made by the server.';
COMMENT ON COLUMN wishlist_items.user_id IS 'Whose wish, as the identity provider names them.';
COMMENT ON COLUMN wishlist_items.title IS 'As on the store''s page, or the user''s own.';
COMMENT ON COLUMN wishlist_items.store IS 'Where it can be bought; Other when the store is not among the choices.';
COMMENT ON COLUMN wishlist_items.set_number IS 'Number on the box. Text, because of suffixes such as 10497-1.';
COMMENT ON COLUMN wishlist_items.source_url IS 'Product page at the store; null for a wish typed in by hand.';
COMMENT ON COLUMN wishlist_items.image_url IS 'Picture, kept in our own storage.';
COMMENT ON COLUMN wishlist_items.price IS 'Amount as the store showed it, without the currency; not for arithmetic.';
COMMENT ON COLUMN wishlist_items.currency IS 'Of price; has no meaning while price is null.';
COMMENT ON COLUMN wishlist_items.piece_count IS 'Pieces according to the store.';
COMMENT ON COLUMN wishlist_items.release_date IS 'When it comes, or came, to market; null when that is not known.';
COMMENT ON COLUMN wishlist_items.tags IS 'JSON array of strings.';
COMMENT ON COLUMN wishlist_items.priority IS '0 (no matter) to 5 (must have); null when the user has not said.';
COMMENT ON COLUMN wishlist_items.notes IS 'The user''s own; never shown to others.';
COMMENT ON COLUMN wishlist_items.sort_order IS 'Place in the user''s own order, lowest first; not unique, gaps are fine.';
COMMENT ON COLUMN wishlist_items.created_at IS 'UTC.';
COMMENT ON COLUMN wishlist_items.updated_at IS 'UTC; kept by the application, no trigger does it.';
COMMENT ON COLUMN wishlist_items.created_by IS 'Who made the row, where that is not user_id: an import, an administrator.';
COMMENT ON COLUMN wishlist_items.updated_by IS 'Who changed it last, where that is not user_id.';
COMMENT ON CONSTRAINT priority_range_check ON wishlist_items IS 'The screen shows five stars at most, and sorts by them.';
COMMENT ON INDEX idx_wishlist_user_id IS 'Counts per user. The others could serve it, but are wider.';
COMMENT ON INDEX idx_wishlist_user_sort IS 'The wishlist page: one user''s wishes in their own order, without a sort.';
COMMENT ON INDEX idx_wishlist_user_store IS 'The page filtered by store.';
COMMENT ON INDEX idx_wishlist_user_priority IS 'The page sorted by priority.';
COMMENT ON INDEX idx_wishlist_user_store_priority IS 'The page filtered by store and sorted by priority.';
