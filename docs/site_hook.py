"""Hook of MkDocs: adds the pages that lie at the root of the repository, with their links made to fit."""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
PAGES = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
ATTACHED = ("openapi.yaml",)


def on_files(files: Files, config: Any) -> Files:
    """Add a page for each of ``PAGES`` that exists, and the files that they link to."""
    for name, page in PAGES.items():
        if (ROOT / name).exists():
            files.append(File.generated(config, page, content=_relinked((ROOT / name).read_text("utf-8"))))
    for name in ATTACHED:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def _relinked(text: str) -> str:
    """``text`` with links as seen from docs/."""

    def link(found: re.Match[str]) -> str:
        path = found[1].removeprefix("docs/")
        return f"]({PAGES.get(path, path)}{found[2] or ''})"

    return re.sub(r"\]\((?!https?:)([^)#]+)(#[^)]*)?\)", link, text)
