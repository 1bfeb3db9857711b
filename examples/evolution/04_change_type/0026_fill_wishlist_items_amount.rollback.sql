-- nothing to undo: every price that is a number is an amount as well
-- transactional: true
--
-- allow: rows-lost the column goes with the way back of the migration before

SELECT;
