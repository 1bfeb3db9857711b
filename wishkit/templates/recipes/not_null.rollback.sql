-- a check instead of NOT NULL on {table}.{column}
-- transactional: false
--
-- No data is lost, and nothing can slip in: the column stays NOT NULL until the check is valid.
-- Every statement is a transaction of its own, so that clients go on while VALIDATE reads.

ALTER TABLE {table}
    ADD CONSTRAINT {constraint}
    {definition}
    NOT VALID;

ALTER TABLE {table} VALIDATE CONSTRAINT {constraint};

ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL;
