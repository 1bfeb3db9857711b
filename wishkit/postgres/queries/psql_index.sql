-- In a script for psql: whether an index is there and valid, as it must or must not be.
DO $wishkit$
BEGIN
    IF EXISTS (SELECT FROM (%(state)s) AS found WHERE valid) <> %(expected)s THEN
        RAISE EXCEPTION '%%', %(problem)s USING HINT = 'Go on with wishkit: it looks what is there.';
    END IF;
END
$wishkit$
