"""`champion settings`."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from champion_assets.cli.output import say


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option("--set", "only_set", is_flag=True, help="Only settings that are not at their default.")
def settings(as_json: bool, only_set: bool) -> None:
    """List every setting: its variables, its value now, where that came from, what it is.

    A setting comes from the environment, else from `.env`, else from `champion.toml` (in the working directory or a
    folder above it, or the file in CHAMPION_CONFIG): a section for each group of this list, a key for each name in
    brackets.
    """
    from champion_assets.settings import get_settings
    from champion_assets.settings.origins import origins

    shown = [each for each in origins(get_settings()) if not only_set or each.origin != "default"]
    if as_json:
        click.echo(json.dumps([asdict(each) for each in shown], indent=1))
        return
    group = ""
    for each in shown:
        if each.group != group:
            group = each.group
            say(f"\n[{group}]", "bold")
        say(f"{' or '.join(each.variables)} ({each.field}) = {each.value}    from: {each.origin}")
        if each.description:
            say(f"    {each.description}")
