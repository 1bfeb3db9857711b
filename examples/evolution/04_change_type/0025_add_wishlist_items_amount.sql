-- the price of a wish as a number as well: amount
-- phase: expand

-- A new type is a new column with a new name. ALTER COLUMN … TYPE would write every row while nobody
-- may use the table, and the releases that run beside it would read numbers where they expect text.
-- The lock (ACCESS EXCLUSIVE: readers and writers wait) is over at once: no row is written.
ALTER TABLE wishlist_items ADD COLUMN amount numeric(10, 2);

-- Whoever writes one of the two writes the other. Where both are written, the number counts. A
-- price that is no number (about 50, sold out) has no amount; somebody has to decide about it before
-- the contract half.
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

COMMENT ON COLUMN wishlist_items.amount IS 'The price, in currency; two decimals, also for currencies that have none. Null when there is no price.';
