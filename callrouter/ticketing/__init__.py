"""The way to the ticketing side of 12345."""
