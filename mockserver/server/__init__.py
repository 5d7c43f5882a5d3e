"""Uvicorn, the HTTP protocol of a connection, and worker processes."""
