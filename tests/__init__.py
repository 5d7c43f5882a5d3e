"""Tests of the mock server and of the contract kit."""
