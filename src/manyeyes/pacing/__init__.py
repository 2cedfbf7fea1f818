"""How fast may we go? Values and decisions, but for the limiter."""
