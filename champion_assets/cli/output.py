"""What all commands print with, and the form of a date on the command line.

What belongs here: the console and small helpers to print. What does not: what a command says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.console import Console

from champion_assets.common.redaction import redacted

if TYPE_CHECKING:
    import polars as pl


class _Date(click.DateTime):
    """A day as YYYY-MM-DD or DD-MM-YYYY; help calls it by the name of its argument."""

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        _ = ctx
        return param.human_readable_name if isinstance(param, click.Argument) else "YYYY-MM-DD"


DATE = _Date(formats=["%Y-%m-%d", "%d-%m-%Y"])
console = Console(highlight=False, soft_wrap=True, markup=False)
"""Knows no markup, in cells of tables neither: a `[/x]` in a file's name or in a reason is printed as it is."""


def say(text: str, style: str | None = None) -> None:
    """Print `text` as it is, in a style if one is given; a secret of the settings is never shown."""
    console.print(redacted(text), style=style, markup=False)


def show(frame: pl.DataFrame, width: int = 220, text_width: int = 120) -> None:
    """Print all rows and columns of a table."""
    import polars as pl

    with pl.Config(
        tbl_rows=-1, tbl_cols=-1, tbl_width_chars=width, fmt_str_lengths=text_width, tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
    ):  # fmt: skip
        say(str(frame))
