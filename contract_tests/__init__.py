"""The contract kit: checks any endpoint of ``POST /v1/videos`` against ``openapi.yaml``."""

__version__ = "0.1.0"
