-- What who approves needs, and no more; and from now on not even the owner inserts for others.
GRANT USAGE ON SCHEMA wishkit TO {role};
GRANT SELECT ON wishkit.ledger, wishkit.approver, wishkit.request, wishkit.request_done,
                wishkit.approval, wishkit.promotion, wishkit.acknowledgement TO {role};
GRANT INSERT (request_id, verdict, digest, note) ON wishkit.approval TO {role};
GRANT INSERT (promotion_id, note) ON wishkit.acknowledgement TO {role};
ALTER TABLE wishkit.request ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE wishkit.approval ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY
