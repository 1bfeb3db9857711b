-- the two main queries of the wishlist use its indexes, however many wishes there are
--
-- wishkit.scale is how many wishes to make for it: 1,000 unless somebody says more. Of fewer than
-- that the planner rightly reads the whole table.
-- How long the queries took is only told, because it says more about the machine than about the
-- indexes. wishkit.limit, in milliseconds, makes it a promise.

INSERT INTO wishlist_items (user_id, title, store, priority, sort_order, created_at)
SELECT 'smoke-' || n % 50,
       'wish ' || n,
       (enum_range(NULL::wishlist_store))[1 + n / 50 % 5],
       n % 6,
       n,
       now() - n * interval '1 minute'
FROM generate_series(1, greatest(1000, nullif(current_setting('wishkit.scale', true), '')::int)) AS n;

-- The planner knows little of rows this young. Where these are all there are, the table is
-- analyzed; where there are others, what is known of them has to do, as it does for the application.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM wishlist_items WHERE user_id NOT LIKE 'smoke-%') THEN
        ANALYZE wishlist_items;
    END IF;
END
$$;

DO $$
DECLARE
    promised CONSTANT numeric := nullif(current_setting('wishkit.limit', true), '');
    page record;
    plan jsonb;
    used text;
    took numeric;
BEGIN
    FOR page IN
        SELECT * FROM (VALUES
            ('a user''s wishes in their own order', 'idx_wishlist_user_%',
             $q$SELECT * FROM wishlist_items WHERE user_id = 'smoke-7' ORDER BY sort_order$q$),
            ('the first five of them', 'idx_wishlist_user_sort',
             $q$SELECT * FROM wishlist_items WHERE user_id = 'smoke-7' ORDER BY sort_order LIMIT 5$q$),
            ('a user''s wishes at one store', 'idx_wishlist_user_%',
             $q$SELECT * FROM wishlist_items WHERE user_id = 'smoke-7' AND store = 'Cata'$q$)
        ) AS pages (title, index, query)
    LOOP
        EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ' || page.query INTO plan;
        took := plan #>> '{0,Execution Time}';
        SELECT string_agg(DISTINCT name #>> '{}', ', ') INTO used
        FROM jsonb_path_query(plan, 'strict $.**."Index Name"') AS name;

        ASSERT NOT jsonb_path_exists(plan, 'strict $.** ? (@."Node Type" == "Seq Scan")'),
            page.title || ': the whole table is read';
        ASSERT used LIKE page.index,
            page.title || ': answered from ' || coalesce(used, 'no index');
        ASSERT promised IS NULL OR took <= promised,
            page.title || ': took ' || took || ' ms';
        RAISE NOTICE '%: % ms, by %', page.title, round(took, 2), used;
    END LOOP;
END
$$;
