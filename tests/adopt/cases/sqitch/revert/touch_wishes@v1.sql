-- Revert shop:touch_wishes from pg

BEGIN;

DROP TRIGGER wishes_touch ON wishes;
DROP FUNCTION touch();

COMMIT;
