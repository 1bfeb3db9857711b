-- no uploads and no daily limits remain

DO $$
DECLARE
    remains text;
BEGIN
    SELECT string_agg(name, ', ') INTO remains
    FROM unnest(ARRAY[
        'upload_sessions', 'upload_session_files', 'upload_session_parts',
        'user_daily_uploads'
    ]) AS name
    WHERE to_regclass(name) IS NOT NULL;
    ASSERT remains IS NULL, 'still there: ' || remains;
END
$$;
