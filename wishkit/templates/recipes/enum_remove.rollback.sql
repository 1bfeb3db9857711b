-- {type} has the value {label} again, at its old place
-- transactional: true

-- Undoes a removal that stopped half-way as well: then the value still has its name, or a guard
-- is still there.
DO $guard$
BEGIN
    IF EXISTS (SELECT FROM pg_enum
               WHERE enumtypid = {type_text}::regtype AND enumlabel = {removed}) THEN
        ALTER TYPE {type} RENAME VALUE {removed} TO {label};
    END IF;
END
$guard$;

ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {constraint};
