"""Everything that speaks to PostgreSQL; the only package that imports the driver or yoyo."""
