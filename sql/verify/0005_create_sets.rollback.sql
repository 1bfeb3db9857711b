-- no sets and no pictures of them remain

DO $$
DECLARE
    remains text;
BEGIN
    SELECT string_agg(name, ', ') INTO remains
    FROM unnest(ARRAY['sets', 'set_images']) AS name
    WHERE to_regclass(name) IS NOT NULL;
    ASSERT remains IS NULL, 'still there: ' || remains;
END
$$;
