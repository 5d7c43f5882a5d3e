"""Values that all parts of the kit share: requests, responses, cases, findings."""
