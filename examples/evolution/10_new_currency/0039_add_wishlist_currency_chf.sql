-- wishlist_currency gets the value 'CHF'

-- A value cannot be used before the COMMIT that adds it: rows, defaults and checks that use it
-- belong into a later migration.
-- PostgreSQL cannot drop a value. The way back of this migration renames it to
-- '(removed) CHF'; on the way forward after it the value is still there, at its old place, and gets its
-- name back. The first time this does nothing.
-- A value of that name that is not ours is an error: it may stand at another place.
DO $guard$
BEGIN
    IF EXISTS (SELECT FROM pg_enum
               WHERE enumtypid = 'wishlist_currency'::regtype AND enumlabel = '(removed) CHF') THEN
        ALTER TYPE wishlist_currency RENAME VALUE '(removed) CHF' TO 'CHF';
    ELSIF EXISTS (SELECT FROM pg_enum
                  WHERE enumtypid = 'wishlist_currency'::regtype AND enumlabel = 'CHF') THEN
        RAISE EXCEPTION '% already has the value %, and not from this migration',
                        'wishlist_currency', 'CHF'
            USING ERRCODE = 'duplicate_object';
    END IF;
END
$guard$;

-- IF NOT EXISTS is for the case above only. Clients do not wait for this: the lock is on the type
-- and meets nothing but another ALTER TYPE.
ALTER TYPE wishlist_currency ADD VALUE IF NOT EXISTS 'CHF';
