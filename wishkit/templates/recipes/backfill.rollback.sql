-- nothing to undo: {summary}
-- transactional: true
--
-- {undo}

SELECT;
