-- the index {index} goes away, on all partitions
-- transactional: true
--
-- No data is lost. There is no CONCURRENTLY for the index of a partitioned table: the lock (ACCESS
-- EXCLUSIVE on the table and its partitions: readers and writers wait) is over at once.

DROP INDEX {place}{index};
