from contract_tests.run import Run
from contract_tests import journal
def generic(run: Run, record: journal.Record | None = None) -> None:
    """x"""
