-- no single parts remain

DO $$
BEGIN
    ASSERT to_regclass('moc_parts') IS NULL, 'still there: the table moc_parts';
END
$$;
