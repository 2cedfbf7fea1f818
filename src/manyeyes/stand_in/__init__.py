"""The services' wire, on loopback; imports nothing of ours, so that no misunderstanding is shared."""
