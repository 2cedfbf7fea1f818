"""The page, the API, and what machines watch a run by."""
