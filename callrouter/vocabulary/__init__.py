"""The shared nouns: frozen values without I/O that every other room may speak of."""
