-- + trigger shop.plain_table.fresh
CREATE TRIGGER fresh AFTER INSERT ON shop.plain_table FOR EACH ROW EXECUTE FUNCTION shop.note_more();

-- - trigger shop.items.items_change
DROP TRIGGER items_change ON shop.items;

-- - trigger shop.items.items_change
-- + trigger shop.items.items_watch
ALTER TRIGGER items_change ON shop.items RENAME TO items_watch;

-- trigger shop.items.items_change: enabled
ALTER TABLE shop.items DISABLE TRIGGER items_change;

-- trigger shop.items.items_change: enabled
ALTER TABLE shop.items ENABLE REPLICA TRIGGER items_change;

-- trigger shop.items.items_change: enabled
ALTER TABLE shop.items ENABLE ALWAYS TRIGGER items_change;

-- trigger shop.items.items_change: comment
COMMENT ON TRIGGER items_change ON shop.items IS NULL;

-- trigger shop.items.items_late: comment
COMMENT ON TRIGGER items_late ON shop.items IS 'late';

-- trigger shop.items.items_change: definition
CREATE OR REPLACE TRIGGER items_change AFTER INSERT OR UPDATE OF price ON shop.items
    FOR EACH ROW WHEN (NEW.price > 0) EXECUTE FUNCTION shop.note_change('a', 'b');

-- trigger shop.items.items_change: definition
CREATE OR REPLACE TRIGGER items_change BEFORE INSERT ON shop.items
    FOR EACH ROW WHEN (NEW.price > 0) EXECUTE FUNCTION shop.note_change('a', 'b');

-- trigger shop.items.items_change: definition
CREATE OR REPLACE TRIGGER items_change BEFORE INSERT OR UPDATE OF width ON shop.items
    FOR EACH ROW WHEN (NEW.price > 0) EXECUTE FUNCTION shop.note_change('a', 'b');

-- trigger shop.items.items_change: definition
CREATE OR REPLACE TRIGGER items_change BEFORE INSERT OR UPDATE OF price ON shop.items
    FOR EACH ROW WHEN (NEW.price > 1) EXECUTE FUNCTION shop.note_change('a', 'b');

-- trigger shop.items.items_change: definition
CREATE OR REPLACE TRIGGER items_change BEFORE INSERT OR UPDATE OF price ON shop.items
    FOR EACH ROW EXECUTE FUNCTION shop.note_change('a', 'b');

-- trigger shop.items.items_change: definition
CREATE OR REPLACE TRIGGER items_change BEFORE INSERT OR UPDATE OF price ON shop.items
    FOR EACH ROW WHEN (NEW.price > 0) EXECUTE FUNCTION shop.note_change('a', 'c');

-- trigger shop.items.items_change: definition
CREATE OR REPLACE TRIGGER items_change BEFORE INSERT OR UPDATE OF price ON shop.items
    FOR EACH ROW WHEN (NEW.price > 0) EXECUTE FUNCTION shop.note_more('a', 'b');

-- trigger shop.items.items_transition: definition
CREATE OR REPLACE TRIGGER items_transition AFTER UPDATE ON shop.items
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION shop.note_more();

-- trigger shop.items.items_transition: definition
CREATE OR REPLACE TRIGGER items_transition AFTER UPDATE ON shop.items
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH ROW EXECUTE FUNCTION shop.note_more();

-- trigger shop.items.items_late: definition
DROP TRIGGER items_late ON shop.items;
CREATE CONSTRAINT TRIGGER items_late AFTER DELETE ON shop.items
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION shop.note_more();

-- trigger shop.items.items_late: definition
DROP TRIGGER items_late ON shop.items;
CREATE CONSTRAINT TRIGGER items_late AFTER DELETE ON shop.items
    FROM shop.suppliers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shop.note_more();

-- - trigger shop.cheap.cheap_insert
DROP TRIGGER cheap_insert ON shop.cheap;

-- - trigger shop.sales.sales_change
DROP TRIGGER sales_change ON shop.sales;

-- + trigger shop.sales_2024.sales_change
ALTER TABLE shop.sales_2024 DISABLE TRIGGER sales_change;

-- + event-trigger fresh
CREATE EVENT TRIGGER fresh ON ddl_command_end WHEN TAG IN ('CREATE CAST')
    EXECUTE FUNCTION shop.note_command();

-- - event-trigger shop_commands
DROP EVENT TRIGGER shop_commands;

-- - event-trigger shop_commands
-- + event-trigger shop_watch
ALTER EVENT TRIGGER shop_commands RENAME TO shop_watch;

-- event-trigger shop_commands: enabled
ALTER EVENT TRIGGER shop_commands DISABLE;

-- event-trigger shop_commands: enabled
ALTER EVENT TRIGGER shop_commands ENABLE REPLICA;

-- event-trigger shop_commands: enabled
ALTER EVENT TRIGGER shop_commands ENABLE ALWAYS;

-- event-trigger shop_commands: owner
ALTER ROLE shop_owner SUPERUSER;
ALTER EVENT TRIGGER shop_commands OWNER TO shop_owner;

-- event-trigger shop_commands: comment
COMMENT ON EVENT TRIGGER shop_commands IS NULL;

-- event-trigger shop_commands: event
DROP EVENT TRIGGER shop_commands;
CREATE EVENT TRIGGER shop_commands ON ddl_command_end WHEN TAG IN ('DROP TEXT SEARCH PARSER')
    EXECUTE FUNCTION shop.note_command();
COMMENT ON EVENT TRIGGER shop_commands IS 'watches commands';

-- event-trigger shop_commands: tags
DROP EVENT TRIGGER shop_commands;
CREATE EVENT TRIGGER shop_commands ON sql_drop WHEN TAG IN ('DROP CONVERSION')
    EXECUTE FUNCTION shop.note_command();
COMMENT ON EVENT TRIGGER shop_commands IS 'watches commands';

-- + function shop.note_others()
-- event-trigger shop_commands: function
DROP EVENT TRIGGER shop_commands;
CREATE FUNCTION shop.note_others() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN NULL; END';
CREATE EVENT TRIGGER shop_commands ON sql_drop WHEN TAG IN ('DROP TEXT SEARCH PARSER')
    EXECUTE FUNCTION shop.note_others();
COMMENT ON EVENT TRIGGER shop_commands IS 'watches commands';

-- + rule shop.plain_table.fresh
CREATE RULE fresh AS ON UPDATE TO shop.plain_table DO ALSO NOTHING;

-- - rule shop.plain_table.plain_rule
DROP RULE plain_rule ON shop.plain_table;

-- - rule shop.plain_table.plain_rule
-- + rule shop.plain_table.stern_rule
ALTER RULE plain_rule ON shop.plain_table RENAME TO stern_rule;

-- rule shop.plain_table.plain_rule: definition
CREATE OR REPLACE RULE plain_rule AS ON DELETE TO shop.plain_table WHERE old.a > 1 DO INSTEAD NOTHING;

-- rule shop.plain_table.plain_rule: definition
CREATE OR REPLACE RULE plain_rule AS ON DELETE TO shop.plain_table WHERE old.a > 0 DO ALSO NOTHING;

-- rule shop.plain_table.plain_rule: definition
CREATE OR REPLACE RULE plain_rule AS ON UPDATE TO shop.plain_table WHERE old.a > 0 DO INSTEAD NOTHING;

-- rule shop.plain_table.plain_rule: enabled
ALTER TABLE shop.plain_table DISABLE RULE plain_rule;

-- rule shop.plain_table.plain_rule: enabled
ALTER TABLE shop.plain_table ENABLE REPLICA RULE plain_rule;

-- rule shop.plain_table.plain_rule: comment
COMMENT ON RULE plain_rule ON shop.plain_table IS 'all goes';

-- + policy shop.guarded.fresh
CREATE POLICY fresh ON shop.guarded FOR SELECT USING (true);

-- - policy shop.guarded.own_rows
DROP POLICY own_rows ON shop.guarded;

-- - policy shop.guarded.own_rows
-- + policy shop.guarded.my_rows
ALTER POLICY own_rows ON shop.guarded RENAME TO my_rows;

-- policy shop.guarded.own_rows: using
ALTER POLICY own_rows ON shop.guarded USING (a > 5);

-- policy shop.guarded.own_rows: check
ALTER POLICY own_rows ON shop.guarded WITH CHECK (a > 6);

-- policy shop.guarded.own_rows: roles
ALTER POLICY own_rows ON shop.guarded TO shop_clerk, shop_reader;

-- policy shop.guarded.own_rows: roles
ALTER POLICY own_rows ON shop.guarded TO PUBLIC;

-- policy shop.guarded.own_rows: comment
COMMENT ON POLICY own_rows ON shop.guarded IS 'yours';

-- policy shop.guarded.own_rows: command
DROP POLICY own_rows ON shop.guarded;
CREATE POLICY own_rows ON shop.guarded FOR ALL TO shop_clerk USING (a > 0) WITH CHECK (a > 1);
COMMENT ON POLICY own_rows ON shop.guarded IS 'mine';

-- policy shop.guarded.all_rows: restrictive
DROP POLICY all_rows ON shop.guarded;
CREATE POLICY all_rows ON shop.guarded USING (true);
