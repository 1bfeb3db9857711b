-- Is there such a role?
SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = %(role)s)
