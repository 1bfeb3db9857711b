"""Pure: text and values in, text and values out; no database, no printing."""
