-- Keep a text before it is run, for a migration whose statements commit one by one.
INSERT INTO wishkit.script (checksum, forward, backward)
VALUES (%(checksum)s, %(forward)s, %(backward)s)
ON CONFLICT (checksum) DO NOTHING
