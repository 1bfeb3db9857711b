-- the value {label} of {type} is called {new_label}
-- {directives}

-- Rows are not touched: they hold the value, not its name. For clients the change is sudden: at
-- COMMIT the old name stops being valid input. Where the application spells it out, convert to a
-- table of names instead, which can hold both for a while.
ALTER TYPE {type} RENAME VALUE {label} TO {new_label};
