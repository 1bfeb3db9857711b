-- {proof}
-- {directives}

-- In a migration of its own, because a lock lasts to the end of its transaction: here it is SHARE
-- UPDATE EXCLUSIVE, under which clients read and write on, however long the reading takes.
-- Fails, and changes nothing, if a row breaks the rule. To see such rows:
--     {offenders}
ALTER TABLE {table} VALIDATE CONSTRAINT {constraint};
