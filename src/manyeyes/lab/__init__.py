"""Predict and measure."""
