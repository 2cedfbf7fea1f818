"""A manyeyes server elsewhere: pictures sent to it, runs of it watched, results fetched from it."""
