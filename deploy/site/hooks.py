"""What MkDocs calls while it builds the site: pages made from the code, and links that leave docs/.

What belongs here: where a page stands. What does not: the text of a page (`api_pages.py`, `code_pages.py`, docs/).
"""

from __future__ import annotations

import posixpath
import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(
    0, str(Path(__file__).parent)
)  # MkDocs reads this file by its path, so its neighbours are in no package
sys.path.insert(0, str(Path(__file__).parents[2]))

from api_pages import api_navigation, api_pages
from code_pages import commands_page, lineage_page, settings_page
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
AT_THE_ROOT = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "README.md": "index.md",
}
"""Files beside docs/ and the pages of the site that they are."""
_LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages of the API into the navigation, where it says `reference/api`."""
    config.nav = _with_api(config.nav)
    return config


def _with_api(entries: Any) -> Any:
    if isinstance(entries, list):
        return [_with_api(each) for each in entries]
    if isinstance(entries, dict):
        return {
            title: api_navigation() if below == "reference/api" else _with_api(below)
            for title, below in entries.items()
        }
    return entries


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that no file in docs/ holds."""
    pages = api_pages() | {
        "reference/settings.md": settings_page(),
        "reference/commands.md": commands_page(),
        "reference/lineage.md": lineage_page(),
    }
    for source, page in AT_THE_ROOT.items():
        if page != "index.md":
            pages[page] = (ROOT / source).read_text("utf-8").replace("](docs/", "](")
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Lead links to files beside docs/ to the pages that they are."""
    folder = posixpath.dirname(page.file.src_uri)

    def led(found: re.Match[str]) -> str:
        outside = posixpath.normpath(posixpath.join(folder, found[1])).removeprefix("../")
        if outside not in AT_THE_ROOT:
            return found[0]
        return f"]({posixpath.relpath(AT_THE_ROOT[outside], folder or '.')}{found[2] or ''})"

    return _LINK.sub(led, markdown)
