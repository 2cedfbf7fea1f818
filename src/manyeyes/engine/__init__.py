"""The run: from listed pictures to saved outcomes."""
