-- the price of a wish as text again, beside the number
-- allow: rows-lost the way back of 0027 writes the prices again, 49.9 as 49.90
--
-- The column is empty at first; the way back of the migration before fills it. HOW A PRICE WAS
-- WRITTEN IS LOST: the amount is the same, its decimals are always two.

ALTER TABLE wishlist_items ADD COLUMN price text;

CREATE FUNCTION wishlist_items_price_and_amount() RETURNS trigger LANGUAGE plpgsql AS $both$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.amount IS NOT NULL
       OR TG_OP = 'UPDATE' AND NEW.amount IS DISTINCT FROM OLD.amount THEN
        NEW.price := NEW.amount;
    ELSIF NEW.price ~ '^\d{1,8}(\.\d{1,2})?$' THEN
        NEW.amount := NEW.price;
    ELSE
        NEW.amount := NULL;
    END IF;
    RETURN NEW;
END
$both$;
CREATE TRIGGER wishlist_items_price_and_amount BEFORE INSERT OR UPDATE ON wishlist_items
    FOR EACH ROW EXECUTE FUNCTION wishlist_items_price_and_amount();

COMMENT ON COLUMN wishlist_items.price IS 'Amount as the store showed it, without the currency; not for arithmetic.';
