-- Promotions that went past closed gates, the newest first, and who has acknowledged them.
SELECT p.id, p.from_environment, p.to_environment, p.migrations, p.skipped, p.emergency,
       p.promoted_by, p.promoted_at, a.note, a.acknowledged_by, a.acknowledged_at
FROM wishkit.promotion AS p
LEFT JOIN wishkit.acknowledgement AS a ON a.promotion_id = p.id
WHERE p.emergency IS NOT NULL AND (%(all)s OR a.promotion_id IS NULL)
ORDER BY p.id DESC
