"""The policy documents as data, and a plan held against its own."""
