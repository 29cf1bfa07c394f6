"""A lake over another: some tables are its own, all others are those of the lake below, which it never writes.

What belongs here: which of the two an object is in. Trials of strategies work on one, so that they read what the daily portfolio reads and
touch none of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import _GeneratorContextManager

import polars as pl

from champion_assets.lake.footer import ObjectInfo
from champion_assets.lake.store import Lake


class OverlayLake(Lake):
    """Tables `own` at `root`, `others` of `base`."""

    def __init__(self, root: str, base: Lake, others: Collection[str]) -> None:
        super().__init__(root, base.storage_options)
        self._base, self._others = base, tuple(f"{name}/" for name in others)

    def _is_below(self, key: str) -> bool:
        return f"{key}/".removeprefix("quarantine/").startswith(self._others)

    def _refuse(self, key: str) -> None:
        if self._is_below(key):
            raise PermissionError(f"{key} belongs to the lake {self._base.root}, which a trial only reads")

    def uri(self, key: str) -> str:
        """See `Lake`."""
        return self._base.uri(key) if self._is_below(key) else super().uri(key)

    def get(self, key: str) -> bytes | None:
        """See `Lake`."""
        return self._base.get(key) if self._is_below(key) else super().get(key)

    def size(self, key: str) -> int | None:
        """See `Lake`."""
        return self._base.size(key) if self._is_below(key) else super().size(key)

    def info_and_size(self, key: str) -> tuple[ObjectInfo, int] | None:
        """See `Lake`."""
        return self._base.info_and_size(key) if self._is_below(key) else super().info_and_size(key)

    def infos(self, asset: str, dates: Sequence[dt.date]) -> list[tuple[ObjectInfo, int] | None]:
        """See `Lake`."""
        return self._base.infos(asset, dates) if self._is_below(asset) else super().infos(asset, dates)

    def files(self, asset: str, dates: Sequence[dt.date]) -> _GeneratorContextManager[list[str]]:
        """See `Lake`."""
        return self._base.files(asset, dates) if self._is_below(asset) else super().files(asset, dates)

    def versions(self, asset: str) -> dict[dt.date, str]:
        """See `Lake`."""
        return self._base.versions(asset) if self._is_below(asset) else super().versions(asset)

    def dates(self, asset: str) -> list[dt.date]:
        """See `Lake`."""
        return self._base.dates(asset) if self._is_below(asset) else super().dates(asset)

    def read(self, asset: str, dates: Iterable[dt.date], columns: Sequence[str] | None = None) -> pl.DataFrame:
        """See `Lake`."""
        return self._base.read(asset, dates, columns) if self._is_below(asset) else super().read(asset, dates, columns)

    def put(self, key: str, body: bytes) -> str | None:
        """See `Lake`; refuses what is not its own.

        Raises:
            PermissionError: the object belongs to the lake below.
        """
        self._refuse(key)
        return super().put(key, body)

    def update(self, key: str, change: Callable[[bytes | None], bytes]) -> None:
        """See `put`."""
        self._refuse(key)
        super().update(key, change)

    def delete(self, key: str) -> None:
        """See `put`."""
        self._refuse(key)
        super().delete(key)
