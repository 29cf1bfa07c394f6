"""Pages that are made from the code: settings, commands, and which table reads which.

What belongs here: the wording of the pages. What does not: the settings, the commands and the tables; they are read
where they stand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import click

from champion_assets.catalog import LAKE_TABLES
from champion_assets.cli.groups import GROUPS as COMMANDS
from champion_assets.cli.main import main
from champion_assets.settings import Settings
from champion_assets.settings.environment import GROUPS
from champion_assets.settings.faults import names_of


def settings_page() -> str:
    """Every setting by section of `champion.toml`: key, variables, default, meaning."""
    lines = [
        "# All settings",
        "",
        "Made from the code. [Settings](../settings.md) says where they are read from.",
        "`champion settings` shows their present values and where each came from.",
    ]
    for group, model in GROUPS.items():
        lines += ["", f"## [{group}]", "", "| key, variable | default | what |", "|---|---|---|"]
        for field, info in model.model_fields.items():
            names = "<br>".join(f"`{name}`" for name in (field, *names_of(Settings, field)))
            default = (
                "" if info.default is None or info.default == "" or info.is_required() else f"`{_value(info.default)}`"
            )
            lines.append(f"| {names} | {_cell(default)} | {_cell(info.description or '')} |")
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def commands_page() -> str:
    """Every command of `champion` with its help."""
    lines = ["# Commands", "", "Made from the code: what `champion COMMAND --help` prints."]
    for title, members in COMMANDS.items():
        lines += ["", f"## {title}"]
        for name in members:
            for path, command in _commands(name, main.commands[name]):
                context = click.Context(
                    command, info_name=f"champion {path}", max_content_width=100, terminal_width=100
                )
                lines += ["", f"### champion {path}", "", "```text", command.get_help(context), "```"]
    return "\n".join(lines) + "\n"


def _commands(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from _commands(f"{path} {name}", below)


def lineage_page() -> str:
    """Which table reads which, and which read it."""
    reads = reads_of_tables()
    read_by: dict[str, list[str]] = defaultdict(list)
    for name, above in reads.items():
        for each in above:
            read_by[each].append(name)
    lines = [
        "# Lineage",
        "",
        (
            "Made from the code: the tables in the order of the graph, what each reads, and what reads it, "
            "under the default settings."
        ),
        "Columns stand in the [data dictionary](../data_dictionary.md).",
        "",
        "| table | reads | is read by |",
        "|---|---|---|",
    ]
    lines += [f"| {_linked(name)} | {_list(above)} | {_list(read_by[name])} |" for name, above in reads.items()]
    return "\n".join(lines) + "\n"


def reads_of_tables() -> dict[str, list[str]]:
    """By table in the order of the graph the other tables that it reads."""
    settings = Settings.model_construct()
    return {
        table.name: [
            each for each in dict.fromkeys(wanted.table for wanted in table.inputs(settings)) if each != table.name
        ]
        for table in LAKE_TABLES
    }


def _linked(name: str) -> str:
    return f"[`{name}`](../data_dictionary.md#{name.replace('/', '')})"


def _list(names: list[str]) -> str:
    return ", ".join(_linked(name) for name in names)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
