"""Recipes: changes written out as migrations that stall nobody."""
