-- the sets a user owns, and pictures of them

CREATE TABLE sets (
    id               uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id          text           NOT NULL,
    title            text           NOT NULL,
    set_number       text,
    store            text,
    source_url       text,
    piece_count      integer,
    release_date     timestamp,
    theme            text,
    tags             text[]         DEFAULT '{}',
    notes            text,
    is_built         boolean        NOT NULL DEFAULT false,
    quantity         integer        NOT NULL DEFAULT 1,
    -- Money is numeric: these are added up.
    purchase_price   numeric(10, 2),
    tax              numeric(10, 2),
    shipping         numeric(10, 2),
    purchase_date    timestamp,
    -- The wishlist does not exist yet; the foreign key comes with it.
    wishlist_item_id uuid,
    created_at       timestamp      NOT NULL DEFAULT now(),
    updated_at       timestamp      NOT NULL DEFAULT now()
);

CREATE INDEX sets_user_id_idx ON sets (user_id);
CREATE INDEX sets_set_number_idx ON sets (set_number);
CREATE INDEX sets_theme_idx ON sets (theme);

COMMENT ON TABLE sets IS 'A boxed set somebody owns, with what it cost. Official sets as such are in moc_instructions.';
COMMENT ON COLUMN sets.id IS 'Made by the server.';
COMMENT ON COLUMN sets.user_id IS 'Owner, as the identity provider names them.';
COMMENT ON COLUMN sets.title IS 'Name on the box, or the owner''s own.';
COMMENT ON COLUMN sets.set_number IS 'Number on the box. Text, because of suffixes such as 10497-1.';
COMMENT ON COLUMN sets.store IS 'Where it was bought; free text.';
COMMENT ON COLUMN sets.source_url IS 'Product page at the store.';
COMMENT ON COLUMN sets.piece_count IS 'Pieces according to the box.';
COMMENT ON COLUMN sets.release_date IS 'When the set came to market.';
COMMENT ON COLUMN sets.theme IS 'Such as Castle or Space.';
COMMENT ON COLUMN sets.tags IS 'The owner''s own labels.';
COMMENT ON COLUMN sets.notes IS 'The owner''s own; never shown to others.';
COMMENT ON COLUMN sets.is_built IS 'Whether it has been put together.';
COMMENT ON COLUMN sets.quantity IS 'How many of the same box; purchase_price is for one.';
COMMENT ON COLUMN sets.purchase_price IS 'For one box, before tax and shipping; in the owner''s currency, which is not kept here.';
COMMENT ON COLUMN sets.tax IS 'For the whole purchase.';
COMMENT ON COLUMN sets.shipping IS 'For the whole purchase.';
COMMENT ON COLUMN sets.purchase_date IS 'When it was bought.';
COMMENT ON COLUMN sets.wishlist_item_id IS 'wishlist_items.id of the wish this purchase fulfilled; null for a set nobody had wished for.';
COMMENT ON COLUMN sets.created_at IS 'UTC.';
COMMENT ON COLUMN sets.updated_at IS 'UTC; kept by the application, no trigger does it.';
COMMENT ON INDEX sets_user_id_idx IS 'One user''s sets.';
COMMENT ON INDEX sets_set_number_idx IS 'Who owns this set.';
COMMENT ON INDEX sets_theme_idx IS 'Browsing by theme across users.';

-- The reference to sets follows in a migration of its own, as it would on tables that are in use.
CREATE TABLE set_images (
    id            uuid      PRIMARY KEY DEFAULT gen_random_uuid(),
    set_id        uuid      NOT NULL,
    image_url     text      NOT NULL,
    thumbnail_url text,
    position      integer   NOT NULL DEFAULT 0,
    created_at    timestamp NOT NULL DEFAULT now()
);

CREATE INDEX set_images_set_id_idx ON set_images (set_id);

COMMENT ON TABLE set_images IS 'A picture of a set somebody owns.';
COMMENT ON COLUMN set_images.id IS 'Made by the server.';
COMMENT ON COLUMN set_images.set_id IS 'sets.id.';
COMMENT ON COLUMN set_images.image_url IS 'Full-size picture in object storage.';
COMMENT ON COLUMN set_images.thumbnail_url IS 'Small picture; null until it has been made.';
COMMENT ON COLUMN set_images.position IS 'Order on the page, lowest first; equal numbers are ordered by created_at.';
COMMENT ON COLUMN set_images.created_at IS 'UTC.';
COMMENT ON INDEX set_images_set_id_idx IS 'The pictures of a set, and the cascade when it is deleted.';
