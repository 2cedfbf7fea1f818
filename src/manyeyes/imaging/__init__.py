"""From a picture's bytes to what an analyzer can use."""
