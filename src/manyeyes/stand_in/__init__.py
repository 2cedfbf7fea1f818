"""The services' wire, on loopback. Imports nothing else of manyeyes, so that no misunderstanding is shared."""
