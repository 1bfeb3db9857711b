-- {summary}
-- transactional: false
-- batch: {key} 1000
-- {directives}

-- {why}
-- Batch by batch, each a transaction of its own, so that no row is locked for long and a run that
-- was broken off goes on with the next batch.
{statement};
