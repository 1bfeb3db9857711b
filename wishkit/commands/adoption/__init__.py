"""Taking over a database that already lives: another tool's history, or what there is as 0000."""
