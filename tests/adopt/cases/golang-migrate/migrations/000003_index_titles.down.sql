DROP INDEX CONCURRENTLY wishes_title_idx;
