"""A lake over another: some tables are its own, all others are those of the lake below, which it never writes.

What belongs here: which of the two a table is in. Trials of strategies work on one, so that they read what the daily
portfolio reads and touch none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from champion_assets.lake.store import Lake


class OverlayLake(Lake):
    """Tables `own` at `root`, `others` of `base`."""

    def __init__(self, root: str, base: Lake, others: Collection[str]) -> None:
        super().__init__(root, base.storage_options)
        self._base, self._others = base, tuple(f"{name}/" for name in others)

    def home(self, table: str) -> Lake:
        """See `Lake`."""
        return self._base if self._is_below(table) else self

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

    def put(self, key: str, body: bytes) -> None:
        """See `Lake`; refuses what is not its own.

        Raises:
            PermissionError: the object belongs to the lake below.
        """
        self._refuse(key)
        super().put(key, body)

    def create(self, key: str, body: bytes) -> bool:
        """See `put`."""
        self._refuse(key)
        return super().create(key, body)

    def update(self, key: str, change: Callable[[bytes | None], bytes]) -> None:
        """See `put`."""
        self._refuse(key)
        super().update(key, change)

    def delete(self, key: str) -> None:
        """See `put`."""
        self._refuse(key)
        super().delete(key)
