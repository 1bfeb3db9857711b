-- The changes that Sqitch has deployed, of all projects, in that order.
SELECT project, change, change_id, script_hash
FROM {table}
ORDER BY committed_at, change_id
