-- What one person decides; who that is, is filled in by the server.
INSERT INTO wishkit.approval (request_id, verdict, digest, note)
VALUES (%(request)s, %(verdict)s, %(digest)s, %(note)s)
