-- wishlist_store gets the value 'Etsy'

-- A value cannot be used before the COMMIT that adds it: rows, defaults and checks that use it
-- belong into a later migration.
-- PostgreSQL cannot drop a value. The way back of this migration renames it to
-- '(removed) Etsy'; on the way forward after it the value is still there, at its old place, and gets its
-- name back. The first time this does nothing.
-- A value of that name that is not ours is an error: it may stand at another place.
DO $guard$
BEGIN
    IF EXISTS (SELECT FROM pg_enum
               WHERE enumtypid = 'wishlist_store'::regtype AND enumlabel = '(removed) Etsy') THEN
        ALTER TYPE wishlist_store RENAME VALUE '(removed) Etsy' TO 'Etsy';
    ELSIF EXISTS (SELECT FROM pg_enum
                  WHERE enumtypid = 'wishlist_store'::regtype AND enumlabel = 'Etsy') THEN
        RAISE EXCEPTION '% already has the value %, and not from this migration',
                        'wishlist_store', 'Etsy'
            USING ERRCODE = 'duplicate_object';
    END IF;
END
$guard$;

-- IF NOT EXISTS is for the case above only. Clients do not wait for this: the lock is on the type
-- and meets nothing but another ALTER TYPE.
ALTER TYPE wishlist_store ADD VALUE IF NOT EXISTS 'Etsy' BEFORE 'Other';
