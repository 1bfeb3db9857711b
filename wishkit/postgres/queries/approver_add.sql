-- From now on, these approve here.
INSERT INTO wishkit.approver (environment, role, none, low, medium, high, expires, reason, database)
VALUES (%(environment)s, %(role)s, %(none)s, %(low)s, %(medium)s, %(high)s,
        pg_catalog.make_interval(secs => %(expires)s), %(reason)s, 0)
