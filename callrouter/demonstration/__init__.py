"""A real call, placed by two built-in SIP parties, so that a newcomer sees the system work."""
