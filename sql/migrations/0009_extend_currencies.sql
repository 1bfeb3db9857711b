-- two more currencies, JPY and CNY
-- depends: 0007_add_wishlist

-- PostgreSQL cannot drop a label from an enum. The way back of this migration renames its two
-- labels instead; on the way forward after it they are still there, at their old places, and get
-- their names back. So the labels and their order come out the same however often one goes to
-- and fro. The first time this does nothing.
-- A label of that name that is not ours is an error: it may stand at another place.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_enum
               WHERE enumtypid = 'wishlist_currency'::regtype AND enumlabel = '(removed) JPY') THEN
        ALTER TYPE wishlist_currency RENAME VALUE '(removed) JPY' TO 'JPY';
        ALTER TYPE wishlist_currency RENAME VALUE '(removed) CNY' TO 'CNY';
    ELSIF EXISTS (SELECT FROM pg_enum
                  WHERE enumtypid = 'wishlist_currency'::regtype
                    AND enumlabel IN ('JPY', 'CNY')) THEN
        RAISE EXCEPTION 'wishlist_currency already has JPY or CNY, and not from this migration'
            USING ERRCODE = 'duplicate_object',
                  HINT = 'See SELECT enum_range(NULL::wishlist_currency);';
    END IF;
END
$$;

-- IF NOT EXISTS is for the case above only. Clients do not wait for this: the lock is on the type
-- and meets nothing but another ALTER TYPE. A new label cannot be used before COMMIT, so rows
-- that use it belong into a later migration.
ALTER TYPE wishlist_currency ADD VALUE IF NOT EXISTS 'JPY' AFTER 'AUD';
ALTER TYPE wishlist_currency ADD VALUE IF NOT EXISTS 'CNY' AFTER 'JPY';
