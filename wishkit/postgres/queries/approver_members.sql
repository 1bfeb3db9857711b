-- Who may approve?
SELECT member::text FROM wishkit.members(%(role)s)
