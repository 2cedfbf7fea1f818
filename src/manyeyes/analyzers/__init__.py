"""Whatever looks at a picture: one file for each service."""
