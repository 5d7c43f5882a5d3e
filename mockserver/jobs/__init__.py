"""Jobs, their pace, and the clock."""
