"""Webhooks: signed events and their delivery."""
