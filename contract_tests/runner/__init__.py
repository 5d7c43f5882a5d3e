"""Sending of cases: plan, client, budget, journal, and the parts of a run."""
