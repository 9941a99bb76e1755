"""What a plan's files may hold: the models, the words for what does not fit, the JSON Schema, the reference."""
