-- {table}.{column} is called {new}, and nothing else
-- {directives}

-- Run this when no release that knows the old name is running any more.
-- The copy goes and the column itself takes its name. So indexes, constraints, defaults, views and
-- grants stay as they are, and no value is moved. One transaction: nobody sees a moment without
-- the new name. The lock (ACCESS EXCLUSIVE: readers and writers wait) is over at once.
DROP TRIGGER {trigger} ON {table};
DROP FUNCTION {function}();
ALTER TABLE {table} DROP COLUMN {new};
ALTER TABLE {table} RENAME COLUMN {column} TO {new};
