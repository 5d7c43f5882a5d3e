"""Jobs and shared state in Redis."""
