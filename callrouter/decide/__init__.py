"""The pure core: what is in force at an instant, and what is therefore done with a call."""
