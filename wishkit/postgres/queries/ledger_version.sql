-- Which version of wishkit's own tables is this?
SELECT version, yoyo_schema::text, written_by FROM wishkit.ledger
