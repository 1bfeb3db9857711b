-- How many rows are there to go through? Only asked of a table that is small.
SELECT count(*) FROM {target}
