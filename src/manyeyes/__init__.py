"""manyeyes looks at a whole portfolio of pictures at once."""
