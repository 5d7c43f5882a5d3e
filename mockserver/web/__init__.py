"""ASGI messages, responses, byte ranges."""
