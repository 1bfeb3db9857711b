-- Nobody's DDL is noted any more; what was noted stays.
DROP EVENT TRIGGER IF EXISTS wishkit_ddl
