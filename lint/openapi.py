"""Lint the OpenAPI documents by Redocly (recommended) and Spectral (oas); skipped with its reason without Node."""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
DOCUMENTS = ("openapi.yaml", "mockserver/control.yaml")
COMMANDS = (
    ("redocly", "lint", "--extends", "recommended", "--max-problems", "1000"),
    ("spectral", "lint", "--fail-severity", "hint", "--ruleset", str(HERE / "spectral.yaml")),
)


def main(folder: Path) -> int:
    """Install the linters into ``folder`` and run them; 0 where they find nothing, not even a warning."""
    npm = shutil.which("npm")
    if npm is None:
        sys.stdout.write("OpenAPI documents not linted: npm is not installed\n")
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    install = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(install, cwd=folder, check=True)  # noqa: S603
    for command in COMMANDS:
        program = str(folder / "node_modules" / ".bin" / command[0])
        done = subprocess.run(  # noqa: S603 - what npm installed
            [program, *command[1:], *DOCUMENTS], cwd=HERE.parent, capture_output=True, text=True, check=False
        )
        if done.returncode or "warning" in done.stdout.replace("Deprecation warning", ""):
            sys.stdout.write(done.stdout + done.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
