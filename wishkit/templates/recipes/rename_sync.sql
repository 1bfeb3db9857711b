CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $both$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.{new} IS NOT NULL
       OR TG_OP = 'UPDATE' AND NEW.{new} IS DISTINCT FROM OLD.{new} THEN
        NEW.{column} := NEW.{new};
    ELSE
        NEW.{new} := NEW.{column};
    END IF;
    RETURN NEW;
END
$both$;
CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {function}();
