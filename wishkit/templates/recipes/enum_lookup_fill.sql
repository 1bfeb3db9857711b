-- {new_column} of the rows of {table} from before
-- transactional: false
-- batch: {key} 1000
-- {directives}

UPDATE {table} SET {new_column} = {column}::text WHERE {new_column} IS NULL;
