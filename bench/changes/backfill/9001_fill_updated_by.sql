-- every wish says who changed it last
-- transactional: false
-- batch: id 1000
-- irreversible: a measurement

UPDATE wishlist_items SET updated_by = user_id WHERE updated_by IS NULL;
