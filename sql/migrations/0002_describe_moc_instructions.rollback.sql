-- what an instruction page shows goes away again
--
-- DATA IS LOST. What was entered in these columns, and with status and visibility the knowledge
-- of what is published.

ALTER TABLE moc_instructions DROP CONSTRAINT moc_instructions_user_slug_unique;

ALTER TABLE moc_instructions
    DROP COLUMN last_updated_by_user_id,
    DROP COLUMN added_by_user_id,
    DROP COLUMN finalizing_at,
    DROP COLUMN finalized_at,
    DROP COLUMN published_at,
    DROP COLUMN is_verified,
    DROP COLUMN is_featured,
    DROP COLUMN visibility,
    DROP COLUMN status,
    DROP COLUMN age_recommendation,
    DROP COLUMN build_time_hours,
    DROP COLUMN difficulty,
    DROP COLUMN short_description,
    DROP COLUMN description_html,
    DROP COLUMN platform_category_id,
    DROP COLUMN moderation,
    DROP COLUMN event_badges,
    DROP COLUMN source_platform,
    DROP COLUMN features,
    DROP COLUMN alternate_build,
    DROP COLUMN instructions_metadata,
    DROP COLUMN dimensions,
    DROP COLUMN designer,
    DROP COLUMN slug;
