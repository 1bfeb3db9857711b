-- In a script for psql: a statement outside a transaction failed; nothing behind it is run.
DO $wishkit$
BEGIN
    RAISE EXCEPTION 'stopped: %% is partly done; statement %% failed', %(id)s, %(statement)s
        USING HINT = 'Mend the cause, and go on with wishkit.';
END
$wishkit$
