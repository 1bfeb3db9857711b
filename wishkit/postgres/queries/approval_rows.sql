-- What was decided about requests, in order.
SELECT request_id, id, verdict, approver::text, approved_at, note, authenticated_as
FROM wishkit.approval
WHERE request_id = ANY (%(requests)s::bigint[])
ORDER BY id
