"""From what the user points at to the pictures in it."""
