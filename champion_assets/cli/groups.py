"""How the commands are shown in `champion --help`, and the completion of a shell.

What belongs here: the order of commands and the script for a shell. What does not: any command's own help.
"""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

GROUPS = {
    "Begin": {
        "demo": "A fictional exchange, and the whole graph on it.",
        "init": "Write a champion.toml for your files.",
        "source": "What a folder of NSE's files contains.",
        "settings": "Every setting, its value and its origin.",
        "calendar": "Whether a day is a session, and why not.",
    },
    "Build": {
        "run": "Build what is missing, up to the last session.",
        "backfill": "Build from one date to another.",
        "experiment": "Try strategies beside the daily portfolio.",
        "prepare": "Create or migrate what the servers need.",
        "ui": "Dagster's web page, with the daemon.",
    },
    "Look": {
        "doctor": "The state of everything, and what to do next.",
        "sql": "Ask the DuckDB file.",
        "audit": "Evidence for corporate actions and identities.",
        "quarantine": "Rows and files in quarantine.",
        "versions": "What changed between versions of a day.",
        "export": "Prices in the files of another tool.",
    },
    "Keep": {
        "verify": "Compare all files with their checksums.",
        "tag": "Keep the current state of the lake under a name.",
        "prune": "Delete versions that were replaced long ago.",
        "migrate": "Convert a lake of the older form.",
        "completion": "Completion for bash, zsh or fish.",
    },
}
"""Commands by what a person wants, in one short sentence each; one that is in none stands under "Other" with its
own."""


def write_groups(group: click.Group, context: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the commands of `group` under the titles of `GROUPS`."""
    names = group.list_commands(context)
    placed = {name for members in GROUPS.values() for name in members}
    others = {
        name: command.get_short_help_str()
        for name in names
        if name not in placed and (command := group.get_command(context, name))
    }
    for title, members in (*GROUPS.items(), ("Other", others)):
        if rows := [(name, sentence) for name, sentence in members.items() if name in names]:
            with formatter.section(title):
                formatter.write_dl(rows)


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    r"""Print the script that completes commands and options in SHELL.

    \b
    champion completion bash >> ~/.bashrc
    """
    found = get_completion_class(shell)
    if found is None:
        raise click.ClickException(f"click has no completion for {shell}")
    click.echo(found(context.find_root().command, {}, "champion", "_CHAMPION_COMPLETE").source())
