"""The life of a plan's lines: rows, table, drawing."""
