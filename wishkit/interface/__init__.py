"""The only package that prints, formats or exits."""
