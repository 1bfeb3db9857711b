-- The ledger, version 2: what was accepted and whom it cost, and where a batched backfill stands.
ALTER TABLE wishkit.execution ADD COLUMN accepted text[];
ALTER TABLE wishkit.execution ADD COLUMN killed text[];
COMMENT ON COLUMN wishkit.execution.accepted IS
    'Rules that it broke with consent: "rule", or "rule: reason" where its file gives one; null '
    'when there was none.';
COMMENT ON COLUMN wishkit.execution.killed IS
    'Sessions that were ended, with consent, because they held what it needed; null when there '
    'was none.';

ALTER TABLE wishkit.step ADD COLUMN position text;
ALTER TABLE wishkit.step ADD COLUMN rows bigint;
COMMENT ON COLUMN wishkit.step.position IS
    'For a statement that runs in batches: the key up to which it is done; null before the first '
    'batch, and for any other statement.';
COMMENT ON COLUMN wishkit.step.rows IS
    'For a statement that runs in batches: how many rows it has gone through so far.';
