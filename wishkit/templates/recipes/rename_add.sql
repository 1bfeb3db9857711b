-- {table}.{column} under its new name as well: {new}
-- {directives}

-- Releases that know the old name and releases that know the new one run side by side for a while,
-- so both are there. The lock (ACCESS EXCLUSIVE: readers and writers wait) is over at once: no row
-- is written.
ALTER TABLE {table} ADD COLUMN {new} {type};

-- Whoever writes one of the two writes the other. Where both are written, the new name counts.
{sync}
