"""The words everyone speaks: frozen values, no I/O, no async."""
