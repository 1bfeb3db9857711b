-- What was decided about the last request of each environment, in order.
SELECT request_id, id, verdict, approver::text, approved_at, note, authenticated_as
FROM wishkit.approval
WHERE request_id IN (SELECT max(id) FROM wishkit.request GROUP BY environment)
ORDER BY id
