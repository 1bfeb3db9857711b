-- The ledger, version 7: what an attempt waited for, and how many rows it wrote. docs/timings.md
-- says who reads that.
ALTER TABLE wishkit.execution ADD COLUMN rows bigint;
ALTER TABLE wishkit.execution ADD COLUMN waits jsonb;
COMMENT ON COLUMN wishkit.execution.rows IS
    'How many rows its INSERT, UPDATE, DELETE, MERGE, COPY and CREATE TABLE AS wrote, as the server '
    'counts them; what triggers wrote is not among them. Of a transaction that failed, none of them '
    'stayed. Null when it had no such statement.';
COMMENT ON COLUMN wishkit.execution.waits IS
    'What it lost by others being in the way; null when nobody was. {"ms": milliseconds from its '
    'beginning, or that of the statement, to the attempt that came through; "retries": how many '
    'attempts came to nothing, by reason; "blockers": who was in the way, each with role, '
    'application, state, relation, mode and query, its literals left out}.';
COMMENT ON COLUMN wishkit.execution.statements IS
    'Timings: for each message sent, {"first", "last": statement numbers, "ms": milliseconds '
    'without waits, "rows": written, "sizes": of the tables on whose size the time depends, before '
    'it, [rows, bytes] each, "batches": how many}. "rows" is there when it writes rows; "sizes" when '
    'the time depends on any, and empty when the text does not tell on which; "batches" when it runs '
    'in batches. Of an attempt that failed, the last one is the one that did.';
