-- undo: {summary}

-- Puts the schema back exactly as it was, in the opposite order, without IF EXISTS and without
-- CASCADE: what it does not expect shall stop it. If it loses data, say so here in capitals.
--
-- If there can be no way back, delete this file and say why in {id}.sql:
--   -- irreversible: <reason>
