"""A portfolio as a whole: what came of it, and why some of it failed."""
