-- Take this session's timeouts away, whoever set them, and say what they were, in milliseconds.
-- Which there are depends on the server's version.
SELECT s.name, s.setting, pg_catalog.set_config(s.name, '0', false)
FROM pg_catalog.pg_settings AS s
WHERE s.name IN ('lock_timeout', 'statement_timeout', 'transaction_timeout') AND s.setting <> '0'
