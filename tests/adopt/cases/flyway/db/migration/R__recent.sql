CREATE OR REPLACE VIEW recent AS SELECT id, title FROM wishes ORDER BY changed_at DESC;
