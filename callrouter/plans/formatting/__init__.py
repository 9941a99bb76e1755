"""The one layout of a plan's files, with every comment: what `callrouter plan fmt` writes."""
