-- {type} gets the value {label}
-- {directives}

-- A value cannot be used before the COMMIT that adds it: rows, defaults and checks that use it
-- belong into a later migration.
-- PostgreSQL cannot drop a value. The way back of this migration renames it to
-- {removed}; on the way forward after it the value is still there, at its old place, and gets its
-- name back. The first time this does nothing.
-- A value of that name that is not ours is an error: it may stand at another place.
DO $guard$
BEGIN
    IF EXISTS (SELECT FROM pg_enum
               WHERE enumtypid = {type_text}::regtype AND enumlabel = {removed}) THEN
        ALTER TYPE {type} RENAME VALUE {removed} TO {label};
    ELSIF EXISTS (SELECT FROM pg_enum
                  WHERE enumtypid = {type_text}::regtype AND enumlabel = {label}) THEN
        RAISE EXCEPTION '% already has the value %, and not from this migration',
                        {type_text}, {label}
            USING ERRCODE = 'duplicate_object';
    END IF;
END
$guard$;

-- IF NOT EXISTS is for the case above only. Clients do not wait for this: the lock is on the type
-- and meets nothing but another ALTER TYPE.
ALTER TYPE {type} ADD VALUE IF NOT EXISTS {label}{place};
