"""The services' wire, on loopback; imports nothing else of manyeyes, so that no misunderstanding is shared."""
