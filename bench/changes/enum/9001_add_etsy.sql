-- one more store
-- irreversible: a measurement

ALTER TYPE wishlist_store ADD VALUE 'Etsy' BEFORE 'Other';
