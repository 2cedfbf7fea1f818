"""What was paid for, kept."""
