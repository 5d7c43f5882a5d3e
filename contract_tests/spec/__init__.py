"""``openapi.yaml``, read by the kit itself."""
