"""Validation of a request body: multipart, images, checks."""
