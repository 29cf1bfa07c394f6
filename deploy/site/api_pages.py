"""The pages of the Python API.

One for each name of `champion_assets.research`, made from its docstring and annotations.

What belongs here: the wording of the pages. What does not: what a function does; its docstring says that.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from champion_assets import research

_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Example|Yields):[ ]*$", re.MULTILINE)
_ITEM = re.compile(r"^(\S[^:]*): (.*)$")
_TITLES = {
    "Args": "Arguments",
    "Attributes": "Attributes",
    "Returns": "Returns",
    "Raises": "Raises",
    "Example": "Example",
    "Yields": "Yields",
}
_FOLDER = "reference/api"


def api_pages() -> dict[str, str]:
    """Path below docs/ to Markdown: an overview, and a page for each public name."""
    pages = {f"{_FOLDER}/index.md": _overview()}
    for name in research.__all__:
        pages[f"{_FOLDER}/{name}.md"] = _page(name, getattr(research, name))
    return pages


def api_navigation() -> list[dict[str, str]]:
    """The pages in the order of the navigation: functions, classes, then errors and types."""
    names = sorted(research.__all__, key=lambda name: (_kind(getattr(research, name)), name))
    return [{"Overview": f"{_FOLDER}/index.md"}, *({f"research.{name}": f"{_FOLDER}/{name}.md"} for name in names)]


def _kind(value: Any) -> int:
    if inspect.isfunction(value):
        return 0
    if not inspect.isclass(value):
        return 3
    return 2 if issubclass(value, Exception) else 1


def _overview() -> str:
    lines = [
        "# Python API",
        "",
        "Everything below stands in `champion_assets.research`. Made from the code.",
        "",
        "| name | what |",
        "|---|---|",
    ]
    for entry in api_navigation()[1:]:
        ((label, path),) = entry.items()
        name = label.removeprefix("research.")
        lines.append(
            f"| [`{label}`]({path.rsplit('/', 1)[1]}) | {_cell(_first_sentence(name, getattr(research, name)))} |"
        )
    said = [part for part in (inspect.getdoc(research) or "").split("\n\n") if not part.startswith("What belongs here")]
    return "\n".join([*lines, "", _body("\n\n".join(said))]) + "\n"


def _first_sentence(name: str, value: Any) -> str:
    if _kind(value) == 3:
        return f"A type: `{_type(value)}`."
    return " ".join((inspect.getdoc(value) or name).split("\n\n", 1)[0].split())


def _page(name: str, value: Any) -> str:
    if _kind(value) == 3:
        return f"# research.{name}\n\nA type for annotations: `{_type(value)}`.\n"
    lines = [
        f"# research.{name}",
        "",
        "```text",
        _signature(name, value),
        "```",
        "",
        _body(inspect.getdoc(value) or ""),
    ]
    if inspect.isclass(value) and not issubclass(value, Exception):
        lines += [text for member in _methods(value) for text in ("", member)]
    return "\n".join(lines) + "\n"


def _methods(kind: type) -> Iterator[str]:
    """The members of a class that have a docstring of their own; questions of `research` are links to their pages."""
    for name, member in vars(kind).items():
        if name.startswith("_"):
            continue
        target = member.fget if isinstance(member, property) else getattr(kind, name, None)
        if name in research.__all__:
            yield f"- [`{name}`]({name}.md), of this lake"
        elif target is not None and callable(target) and target.__doc__:
            head = name if isinstance(member, property) else _signature(name, target)
            yield f"## {name}\n\n```text\n{head}\n```\n\n{_body(inspect.getdoc(target) or '')}"


def _signature(name: str, value: Any) -> str:
    try:
        signature = inspect.signature(value)
    except ValueError:
        return name
    shown = [each for each in signature.parameters.values() if each.name != "self"]
    parts, is_named = [], False
    for each in shown:
        if each.kind is inspect.Parameter.KEYWORD_ONLY and not is_named:
            parts.append("*")
            is_named = True
        parts.append(_parameter(each))
    gives = (
        ""
        if signature.return_annotation in (inspect.Signature.empty, None, "None")
        else f" -> {signature.return_annotation}"
    )
    one_line = f"{name}({', '.join(parts)}){gives}"
    return one_line if len(one_line) <= 90 else f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){gives}"


def _parameter(each: inspect.Parameter) -> str:
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}.get(each.kind, "")
    default = "" if each.default is inspect.Parameter.empty else f" = {each.default!r}".replace("'", '"')
    return f"{stars}{each.name}: {each.annotation}{default}"


def _type(value: Any) -> str:
    return str(value).replace("datetime.", "").replace("typing.", "")


def _body(text: str) -> str:
    """A docstring in Google's form as Markdown."""
    parts = _SECTION.split(text)
    found = [_prose(parts[0])]
    for title, content in zip(parts[1::2], parts[2::2], strict=True):
        found += [f"**{_TITLES[title]}**", _section(title, inspect.cleandoc("\n" + content))]
    return "\n\n".join(part for part in found if part.strip())


def _prose(text: str) -> str:
    """Paragraphs; indented lines are code."""
    blocks = []
    for block in text.strip().split("\n\n"):
        if all(line.startswith("    ") for line in block.splitlines()):
            blocks.append("```text\n" + inspect.cleandoc("\n" + block) + "\n```")
        else:
            blocks.append(block)
    return "\n\n".join(blocks)


def _section(title: str, content: str) -> str:
    if title == "Example":
        return f"```pycon\n{content}\n```"
    if title in ("Returns", "Yields"):
        return content
    return "\n".join(
        [
            f"| {'error' if title == 'Raises' else 'name'} | {'when' if title == 'Raises' else 'what'} |",
            "|---|---|",
            *(f"| `{name}` | {_cell(words)} |" for name, words in _items(content)),
        ]
    )


def _items(content: str) -> Iterator[tuple[str, str]]:
    name, words = "", [""]
    for line in content.splitlines():
        found = _ITEM.match(line)
        if found and not line.startswith(" "):
            if name:
                yield name, " ".join(words)
            name, words = found[1], [found[2]]
        else:
            words.append(line.strip())
    if name:
        yield name, " ".join(words)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
