-- the single parts go away
--
-- DATA IS LOST. Every line of every parts list; the lists themselves stay.

DROP TABLE moc_parts;
