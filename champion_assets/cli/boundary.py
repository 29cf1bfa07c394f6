"""Where every error of the command line ends.

What belongs here: which error becomes which words and which exit code. What does not: any command. Commands let errors
pass; none of them catches one only to print it.

| what happened | what is printed | exit code |
|---|---|---|
| an error that Champion raises on purpose | its message: what is wrong and what to do | 1; of `doctor` 2 |
| all is built, but DuckDB, ClickHouse or MLflow is behind | which, and why; the next run catches it up | 3 |
| wrong arguments | the usage, by click | 2 |
| the system refuses a file: no room, no right, read-only | which file, and why | 1; of `doctor` 2 |
| Ctrl-C, SIGTERM | that finished days are kept | 130, 143 |
| anything else | the traceback, and where to report it | 70 |
"""

from __future__ import annotations

import errno
import sqlite3
import sys
import traceback
from typing import Any

import click

from champion_assets.cli.groups import write_groups
from champion_assets.cli.optional_packages import hide_optional_packages
from champion_assets.cli.stopping import exit_code, stoppable
from champion_assets.common.errors import ChampionError
from champion_assets.common.redaction import install, redacted

HELPER_BEHIND, UNEXPECTED = 3, 70
_OF_THE_SYSTEM = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT)

_OF_SQLITE = ("unable to open database file", "readonly database", "database or disk is full")


class CommandBoundary(click.Group):
    """The group of all commands: the one place that turns errors into words and exit codes."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by what a person wants."""
        write_groups(self, ctx, formatter)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; see the module for what becomes of its errors."""
        install()
        hide_optional_packages()
        with stoppable():
            return self._invoke(ctx)

    def _invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except ChampionError as error:
            raise _said(ctx, redacted(str(error))) from error
        except BrokenPipeError:  # `champion … | head`: click ends quietly
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno in _OF_THE_SYSTEM:
                where = f"{error.filename}: " if error.filename else ""
                words = f"{where}{error.strerror}; see DATA_DIR and CHAMPION_LAKE in `champion settings`"
                raise _said(ctx, words) from error
            if (refused := _refused_database(error)) is not None:
                words = f"a database under DATA_DIR: {refused}; is the folder read-only, or the disk full?"
                raise _said(ctx, f"{words} See DATA_DIR and DAGSTER_HOME in `champion settings`") from error
            _report(error)
            ctx.exit(UNEXPECTED)
        except BaseException as error:
            if not is_interrupt(error):
                raise
            click.echo("interrupted; finished days are kept, the same command continues with the rest", err=True)
            ctx.exit(exit_code())


def _refused_database(error: BaseException | None) -> str | None:
    """What SQLite says where the system refuses its file, whoever wrapped it; None for any other error."""
    while error is not None:
        if isinstance(error, sqlite3.OperationalError) and any(each in str(error) for each in _OF_SQLITE):
            return str(error)
        error = error.__cause__ or error.__context__
    return None


def _said(ctx: click.Context, words: str) -> click.ClickException:
    """The error; for `champion doctor`, which could not look at all, with code 2, since its 1 means warnings."""
    error = click.ClickException(words)
    if ctx.invoked_subcommand == "doctor":
        error.exit_code = 2  # type: ignore[misc]  # declared for classes, read from the instance
    return error


def is_interrupt(error: BaseException) -> bool:
    """True for Ctrl-C, also where Dagster has turned it into its own exception."""
    dagster = sys.modules.get("dagster")
    own: tuple[type[BaseException], ...] = () if dagster is None else (dagster.DagsterExecutionInterruptedError,)
    return isinstance(error, (KeyboardInterrupt, *own))


def _report(error: Exception) -> None:
    click.echo(redacted("".join(traceback.format_exception(error))), err=True)
    click.echo(
        "This is a bug in Champion, not an error in your data or settings. Please report it in the project's "
        "issue tracker with the lines above, "
        "the command, and the output of `champion --version`.",
        err=True,
    )
