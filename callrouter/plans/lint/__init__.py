"""The rules by which a plan that loads is checked, a room for each thing."""
