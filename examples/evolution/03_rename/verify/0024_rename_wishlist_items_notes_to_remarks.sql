-- notes are called remarks, and nothing of the time of both names is left

DO $$
DECLARE
    columns name[] := ARRAY(SELECT attname FROM pg_attribute
                            WHERE attrelid = 'wishlist_items'::regclass
                              AND attname IN ('notes', 'remarks') AND NOT attisdropped);
BEGIN
    ASSERT columns = '{remarks}', 'wishlist_items has ' || columns::text;
    ASSERT NOT EXISTS (SELECT FROM pg_trigger
                       WHERE tgname = 'wishlist_items_notes_and_remarks'),
        'the trigger that kept both alike is still there';
END
$$;
