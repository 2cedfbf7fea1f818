"""The REST API: what is asked and answered, and where."""
