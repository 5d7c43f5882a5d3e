"""``openapi.yaml``, read and compiled into rules."""
