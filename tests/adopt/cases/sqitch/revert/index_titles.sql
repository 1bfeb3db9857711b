-- Revert shop:index_titles from pg

DROP INDEX CONCURRENTLY wishes_title_idx;
