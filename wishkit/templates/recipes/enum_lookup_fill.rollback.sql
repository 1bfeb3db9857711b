-- nothing: {new_column} goes with the way back of the migration that adds it
-- transactional: true

SELECT;
