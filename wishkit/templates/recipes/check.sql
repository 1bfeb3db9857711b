-- {summary}
-- {directives}

-- NOT VALID: what is written is checked from now on, but what is there already is not read. So the
-- lock (ACCESS EXCLUSIVE: readers and writers wait) is over at once. The next migration reads the
-- old rows, under a lock that lets everybody go on.
-- An old row that breaks the rule stays as it is, but an UPDATE of it fails from now on, whatever
-- column it is about. To see such rows:
--     {offenders}
ALTER TABLE {table}
    ADD CONSTRAINT {constraint}
    {definition}
    NOT VALID;
