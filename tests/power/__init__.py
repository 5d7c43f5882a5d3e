"""How sharp the kit is: the whole catalogue, generic mutants, correct servers, and schemathesis alone beside it."""
