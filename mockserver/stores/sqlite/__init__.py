"""Jobs and shared state in one SQLite file."""
