"""`champion_assets.components.NseDailyFile`: one more daily file of the exchange, declared in a `defs.yaml`.

What belongs here: the attributes of the component, and its assets. What does not: what a declaration means
(`nse/daily_file.py`).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import dagster as dg
from dagster.components.component_scaffolding import scaffold_component

from champion_assets.catalog import TABLES
from champion_assets.nse.daily_file import Column, DailyFile, Member, Served, Summary
from champion_assets.orchestration.asset_factory import daily_asset
from champion_assets.orchestration.resources import default_resources, keys_for
from champion_assets.silver.daily_file import tables_of

Kind = Literal["text", "count", "number", "date"]


class FileColumn(dg.Model, dg.Resolvable):
    """A column of the file, see `champion_assets.nse.daily_file.Column`."""

    header: str
    name: str
    kind: Kind
    meaning: str
    also: Sequence[str] = ()
    is_needed: bool = False
    is_optional: bool = False
    values: Mapping[str, str] | None = None
    blanks: Sequence[str] = ("-",)
    low: float | None = None

    def declared(self) -> Column:
        """As the declaration has it."""
        given = self.model_dump()
        return Column(**given | {"also": tuple(self.also), "blanks": tuple(self.blanks)})


class FilePlace(dg.Model, dg.Resolvable):
    """Where the file lies.

    `name` and `path` below the archive's root with the day in `strftime`'s codes, or `member` of the PR bundle.
    """

    name: str | None = None
    path: str | None = None
    member: str | None = None
    separator: str = ""
    suffix: str = ".csv"

    def declared(self) -> Member | Served:
        """As the declaration has it.

        Raises:
            ValueError: neither a member nor a file with a name and a path, or both.
        """
        if self.member is not None and self.name is None and self.path is None:
            return Member(self.member, self.separator, self.suffix)
        if self.member is None and self.name is not None and self.path is not None:
            return Served(self.name, self.path)
        raise ValueError("place: either `member` of the PR bundle, or `name` and `path` of a file of its own")


class FileTotals(dg.Model, dg.Resolvable):
    """Lines of totals, see `champion_assets.nse.daily_file.Summary`."""

    blank: str
    label: str
    total: str
    of: Mapping[str, str | None] = {}
    tolerance: float = 1e-9


class NseDailyFileScaffolder(dg.Scaffolder[Any]):
    """Writes a `defs.yaml` to be filled in: a file with a symbol and one figure."""

    def scaffold(self, request: dg.ScaffoldRequest[Any]) -> None:
        """Write it into the folder that is asked for."""
        name = request.target_path.name
        scaffold_component(
            request,
            {
                "name": name,
                "description": "What the file says, for people.",
                "place": {"name": f"{name}_%d%m%Y.csv", "path": f"content/{name}_%d%m%Y.csv"},
                "columns": [
                    {
                        "header": "Symbol",
                        "name": "symbol",
                        "kind": "text",
                        "meaning": "Ticker on that date",
                        "is_needed": True,
                    },
                    {"header": "Value", "name": "value", "kind": "number", "meaning": "What it is, with its unit"},
                ],
                "key": ["symbol"],
            },
        )


@dg.scaffold_with(NseDailyFileScaffolder)
class NseDailyFile(dg.Component, dg.Model, dg.Resolvable):
    """One more daily file of the exchange: `raw/…`, `bronze/…` and `silver/…` with their checks, from a declaration.

    The attributes are those of `champion_assets.nse.daily_file.DailyFile`.
    """

    name: str
    description: str
    place: FilePlace
    columns: Sequence[FileColumn]
    first: str | None = None
    ignored: Sequence[str] = ()
    date: str | None = None
    date_format: str = "%d-%b-%Y"
    lag: int = 0
    summary: FileTotals | None = None
    key: Sequence[str] = ("symbol", "series")
    grain: Sequence[str] = ()
    has_more: bool = False
    may_be_empty: bool = False
    joins: float = 0.9

    def declared(self) -> DailyFile:
        """The declaration.

        Raises:
            ValueError: it contradicts itself, and how.
        """
        return DailyFile(
            name=self.name,
            description=self.description,
            place=self.place.declared(),
            columns=tuple(each.declared() for each in self.columns),
            first=dt.date.fromisoformat(self.first) if self.first else None,
            ignored=tuple(self.ignored),
            date=self.date,
            date_format=self.date_format,
            lag=self.lag,
            summary=Summary(**self.summary.model_dump()) if self.summary else None,
            key=tuple(self.key),
            grain=tuple(self.grain),
            has_more=self.has_more,
            may_be_empty=self.may_be_empty,
            joins=self.joins,
        )

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """The assets of its tables and the resources that these need.

        Args:
            context: of Dagster; nothing of it is used.
        """
        del context
        tables = {table.name: table for table in tables_of(self.declared())}
        assets = [daily_asset(table, TABLES | tables) for table in tables.values()]
        needed = set[str]().union(*(keys_for(table) for table in tables.values()))
        return dg.Definitions(assets=assets, resources={key: _resources()[key] for key in sorted(needed)})


@lru_cache(maxsize=1)
def _resources() -> dict[str, Any]:
    """One object each for all components of a project, as Dagster demands where definitions are merged."""
    return dict(default_resources())
