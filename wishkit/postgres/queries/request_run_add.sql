-- A run goes through on a request.
INSERT INTO wishkit.request_run (request_id, run_id) VALUES (%(request)s, %(run)s)
