"""A page read back: its tables as rows of text, its charts, its text, what it refers to."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "link", "img", "path", "hr", "input"}


@dataclass
class Parsed:
    """What a test asks of a page.

    Attributes:
        tables: by id, the rows of cells' texts, the heading first.
        captions: of the tables by id.
        headings: texts of h1 and h2.
        figures: of each chart its title, unit and key.
        text: everything that is read, without style and script.
        addresses: of links and sources.
    """

    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    captions: dict[str, str] = field(default_factory=dict)
    headings: list[str] = field(default_factory=list)
    figures: list[tuple[str, str, list[str]]] = field(default_factory=list)
    text: str = ""
    addresses: list[str] = field(default_factory=list)

    def column(self, table: str, label: str) -> list[str]:
        """The texts of a column whose heading begins with `label`."""
        head, *rows = self.tables[table]
        place = next(number for number, name in enumerate(head) if name.startswith(label))
        return [row[place] for row in rows]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found = Parsed()
        self.open: list[tuple[str, dict[str, str]]] = []
        self.table = ""
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.found.addresses += [given[name] for name in ("href", "src") if name in given]
        if tag not in VOID:
            self.open.append((tag, given))
        if tag == "table":
            self.table = given["id"]
            assert self.table not in self.found.tables, f"two tables have the id {self.table}"
            self.found.tables[self.table] = []
        elif tag == "tr":
            self.found.tables[self.table].append([])
        elif tag in ("td", "th"):
            self.found.tables[self.table][-1].append("")
        elif tag in ("h1", "h2"):
            self.found.headings.append("")
        elif given.get("class") == "caption":
            self.found.captions[given["id"].removesuffix("-caption")] = ""
        elif tag == "figcaption":
            self.found.figures.append(("", "", []))
        elif tag == "li" and self._inside("figcaption"):
            self.found.figures[-1][2].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            last, _ = self.open.pop()
            if last == tag:
                return
        raise AssertionError(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        if self._inside("style") or self._inside("script"):
            return
        self.parts.append(data)
        text = " ".join(data.split())
        if not text:
            return
        if self._inside("td") or self._inside("th"):
            row = self.found.tables[self.table][-1]
            row[-1] = f"{row[-1]} {text}".strip()
        elif self.open and self.open[-1][1].get("class") == "caption":
            self.found.captions[self.open[-1][1]["id"].removesuffix("-caption")] += text
        elif self._inside("h1") or self._inside("h2"):
            self.found.headings[-1] += text
        elif self._inside("figcaption"):
            title, unit, key = self.found.figures[-1]
            if self._inside("li"):
                key[-1] += text
            elif self._inside("b"):
                self.found.figures[-1] = (title + text, unit, key)
            else:
                self.found.figures[-1] = (title, unit + text, key)

    def _inside(self, tag: str) -> bool:
        return any(name == tag for name, _ in self.open)


def parsed(page: str) -> Parsed:
    """Read a page; tags that do not match fail."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == [], reader.open
    reader.found.text = " ".join("".join(reader.parts).split())
    return reader.found
