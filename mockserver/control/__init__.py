"""The control interface under ``/_mock/``: routes, access, journal, metrics."""
