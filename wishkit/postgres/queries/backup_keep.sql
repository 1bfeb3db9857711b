-- One more row of evidence. Nothing is ever changed here.
INSERT INTO wishkit.backup (id, kind, level, claimed_level, failure, size, checksum,
                            manifest_checksum, database, system_identifier, location, host, lsn,
                            taken_at, finished_at, os_user, tool_version)
VALUES (%(id)s, %(kind)s, %(level)s, %(claimed_level)s, %(failure)s, %(size)s, %(checksum)s,
        %(manifest_checksum)s, %(database)s, %(system_identifier)s::bigint, %(location)s, %(host)s,
        %(lsn)s, %(taken_at)s, coalesce(%(finished_at)s, pg_catalog.clock_timestamp()), %(user)s,
        %(version)s)
