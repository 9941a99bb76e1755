"""Two plans side by side: what is written otherwise, and what calls are treated otherwise for it."""
