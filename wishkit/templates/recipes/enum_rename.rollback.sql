-- the value {new_label} of {type} is called {label} again

ALTER TYPE {type} RENAME VALUE {new_label} TO {label};
