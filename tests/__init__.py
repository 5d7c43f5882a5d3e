"""The tests: the only place that imports both packages."""
