"""How fast the mock is beside a server that does nothing: ``python -m benchmarks`` prints a table."""
