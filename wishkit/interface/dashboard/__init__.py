"""The dashboard: a web page that only reads, served to browsers or written as files."""
