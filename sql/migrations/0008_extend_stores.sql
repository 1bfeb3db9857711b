-- two more stores, Amazon and Target, listed before Other
-- depends: 0007_add_wishlist

-- PostgreSQL cannot drop a label from an enum. The way back of this migration renames its two
-- labels instead; on the way forward after it they are still there, at their old places, and get
-- their names back. So the labels and their order come out the same however often one goes to
-- and fro. The first time this does nothing.
-- A label of that name that is not ours is an error: it may stand at another place.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_enum
               WHERE enumtypid = 'wishlist_store'::regtype AND enumlabel = '(removed) Amazon') THEN
        ALTER TYPE wishlist_store RENAME VALUE '(removed) Amazon' TO 'Amazon';
        ALTER TYPE wishlist_store RENAME VALUE '(removed) Target' TO 'Target';
    ELSIF EXISTS (SELECT FROM pg_enum
                  WHERE enumtypid = 'wishlist_store'::regtype
                    AND enumlabel IN ('Amazon', 'Target')) THEN
        RAISE EXCEPTION 'wishlist_store already has Amazon or Target, and not from this migration'
            USING ERRCODE = 'duplicate_object',
                  HINT = 'See SELECT enum_range(NULL::wishlist_store);';
    END IF;
END
$$;

-- IF NOT EXISTS is for the case above only. Clients do not wait for this: the lock is on the type
-- and meets nothing but another ALTER TYPE. A new label cannot be used before COMMIT, so rows
-- that use it belong into a later migration.
ALTER TYPE wishlist_store ADD VALUE IF NOT EXISTS 'Amazon' BEFORE 'Other';
ALTER TYPE wishlist_store ADD VALUE IF NOT EXISTS 'Target' BEFORE 'Other';
