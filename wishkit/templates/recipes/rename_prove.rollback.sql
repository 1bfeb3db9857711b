-- {table}.{new} holds what {column} holds, after the way back
-- transactional: false
-- batch: {key} 1000
--
-- No data is lost. The way back of the next migration makes the column of the new name anew, empty
-- in all rows but those written since.

{statement};
