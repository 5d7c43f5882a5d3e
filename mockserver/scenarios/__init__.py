"""Scenarios: the catalogue, the active ones, and their effects on a request."""
