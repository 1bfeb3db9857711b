-- What is about to be promoted, through which gates and past which.
INSERT INTO wishkit.promotion (run_id, from_environment, to_environment, migrations, gates, skipped,
                               emergency)
VALUES (%(run)s, %(from)s, %(to)s, %(migrations)s, %(gates)s::jsonb, %(skipped)s, %(emergency)s)
