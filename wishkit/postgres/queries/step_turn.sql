-- A migration turns round: what the journal says of the other direction is over.
DELETE FROM wishkit.step WHERE migration_id = %(id)s AND direction <> %(direction)s
