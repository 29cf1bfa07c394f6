"""`champion settings`."""

from __future__ import annotations

import click

from champion_assets.cli.output import say


@click.command()
def settings() -> None:
    """List every setting: its variable, its value now, what it is."""
    from champion_assets.settings import Settings, get_settings

    now = get_settings()
    for name, field in Settings.model_fields.items():
        variables = " or ".join(str(choice) for choice in field.validation_alias.choices)  # type: ignore[union-attr]
        say(f"{variables} = {getattr(now, name)}", "bold")
        if field.description:
            say(f"    {field.description}")
