-- In a script for psql: an index counts as built when it is there and valid.
DO $wishkit$
BEGIN
    IF NOT EXISTS (SELECT FROM (%(state)s) AS found WHERE valid) THEN
        RAISE EXCEPTION 'the index is INVALID or not there after its build'
            USING HINT = 'Go on with wishkit: it drops what is left and builds it anew.';
    END IF;
END
$wishkit$
