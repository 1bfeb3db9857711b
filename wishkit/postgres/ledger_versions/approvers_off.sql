-- Nothing is asked for here from now on; who may look goes on looking.
REVOKE INSERT (request_id, verdict, digest, note) ON wishkit.approval FROM {role};
REVOKE INSERT (promotion_id, note) ON wishkit.acknowledgement FROM {role};
ALTER TABLE wishkit.request DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
ALTER TABLE wishkit.approval DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY
