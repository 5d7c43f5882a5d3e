"""Requests to send: valid ones, and ones that break exactly one rule."""
