=== 0014_index_visits_page_day.sql
-- an index on visits: (page, day)
-- transactional: false

-- PostgreSQL cannot build the index of a partitioned table CONCURRENTLY, and a plain CREATE INDEX
-- makes every writer wait until it is built on all partitions. So the table's own index comes
-- first, without theirs, and INVALID; partitions made from now on get theirs with it. Then each
-- partition gets one, CONCURRENTLY, and with the last one that is attached the table's is valid.
CREATE INDEX visits_page_day_idx ON ONLY visits (page, day);
CREATE INDEX CONCURRENTLY visits_2029_visits_page_day_idx ON visits_2029 (page, day);
ALTER INDEX visits_page_day_idx ATTACH PARTITION visits_2029_visits_page_day_idx;
CREATE INDEX visits_2030_visits_page_day_idx ON ONLY visits_2030 (page, day);
ALTER INDEX visits_page_day_idx ATTACH PARTITION visits_2030_visits_page_day_idx;
CREATE INDEX CONCURRENTLY "visits 2030 home_visits_page_day_idx" ON "visits 2030 home" (page, day);
ALTER INDEX visits_2030_visits_page_day_idx ATTACH PARTITION "visits 2030 home_visits_page_day_idx";
=== 0014_index_visits_page_day.rollback.sql
-- the index visits_page_day_idx goes away, on all partitions
-- transactional: true
--
-- No data is lost. There is no CONCURRENTLY for the index of a partitioned table: the lock (ACCESS
-- EXCLUSIVE on the table and its partitions: readers and writers wait) is over at once.

DROP INDEX visits_page_day_idx;
