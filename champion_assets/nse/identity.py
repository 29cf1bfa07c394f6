"""Who an instrument is.

A permanent id across symbols, ISINs, series and years without an ISIN, with the evidence of each link.

What belongs here: the registry of instruments and the rules that link a day's rows to it, in this order: the same
symbol and ISIN; ISIN issuer and type; NSE's register of symbol changes; the PREV_CLOSE chain (a row's previous close is
the last close of the instrument that carried the symbol, or, without any ISIN, of the only one that vanished the
session before, at a price that tells); a line of the user's file wins over all. A link that evidence contradicts is not
made: the row becomes a new instrument. An ISIN that is malformed, or blank in a file that has ISINs, is never guessed.
A file without ISINs (before 2011-06-22, and `sec_bhavdata_full` of any year) names a company by its symbol: who carries
the symbol now and traded within a year is that company, and a new one rests on its symbol alone, which `evidence` says
(`symbol`).

The id is the security key of the first ISIN seen (`isin.py`), or `SYM:` and the symbol where the first file had none;
it never changes after, whichever files follow.
Partly paid shares and rights entitlements are instruments of their own, even under the symbol of the share: their ISIN
decides alone, so entitlements of two issues are two instruments, and each call of a partly paid share makes another
one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from champion_assets.nse.instrument import Evidence, Instrument
from champion_assets.nse.instrument_class import family, is_entitlement
from champion_assets.nse.isin import security_key
from champion_assets.nse.sighting import Pair, SameAs, Sighting
from champion_assets.nse.symbol_changes import SymbolChange

SAME = 0.006
"""Rupees within which two published prices are the same."""
FORGOTTEN_DAYS = 365
"""Without an ISIN, a symbol that comes back after more days than this with another previous close is another
instrument."""
ENTITLEMENT_FORGOTTEN_DAYS = 30
"""Without an ISIN, an entitlement that comes back after more days is of another issue: one trades on 6 to 11 sessions
in a row."""
TELLING_PRICE = 20.0
"""Rupees from which a previous close alone says who somebody was. Below it thin names that come and go meet by chance:
14 of 19 such links were false in October 2019 to December 2020, and none of 35 above it."""
UNTIDY_SERIES = frozenset({"SM", "ST", "SZ"})
"""SME series list at round issue prices, which meet the close of some vanished name by chance (10 of 115 in
2016-2020)."""


_COLUMNS = [field.name for field in fields(Instrument)]


class Registry:
    """All instruments seen so far; `observe` takes the rows of the next session."""

    def __init__(self, instruments: Iterable[Instrument] = (), today: dt.date | None = None) -> None:
        self.today = today
        self._known = {each.instrument_id: each for each in instruments}
        self._last: dict[str, tuple[dt.date, float]] = {
            each.instrument_id: (each.last_seen, each.last_close) for each in self._known.values()
        }
        self.changed: set[str] = set()
        """Instruments of which the last session changed more than its day and close, or that began or ceased to trade
        on it."""
        self._trading = {name for name, (seen, _) in self._last.items() if seen == today}
        self._reindex()

    def _reindex(self) -> None:
        """Only present names count, so that a registry that was stored and read again goes on as if it had never
        been put down.
        """
        self._by_pair: dict[Pair, str] = {}
        self._by_key: dict[str, str] = {}
        self._by_symbol: dict[tuple[str, str], str] = {}
        for name in sorted(self._known, key=lambda each: (self._last[each][0], each)):
            self._index(self._known[name])

    def __len__(self) -> int:
        """How many instruments were ever seen."""
        return len(self._known)

    @property
    def instruments(self) -> list[Instrument]:
        """All of them, in order of their ids."""
        return [
            replace(self._known[name], last_seen=self._last[name][0], last_close=self._last[name][1])
            for name in sorted(self._known)
        ]

    def columns(self, names: Iterable[str] | None = None) -> dict[str, list[Any]]:
        """The same as columns, which is faster to store; only of the instruments `names` if they are given."""
        ids = sorted(self._known if names is None else names)
        known = [self._known[name] for name in ids]
        table = {column: [getattr(each, column) for each in known] for column in _COLUMNS}
        return table | {
            "last_seen": [self._last[name][0] for name in ids],
            "last_close": [self._last[name][1] for name in ids],
        }

    def last_close(self, name: str) -> float | None:
        """The last close of an instrument, or None before it was ever seen."""
        return self._last[name][1] if name in self._last else None

    def key_of(self, name: str) -> tuple[str, str, str | None]:
        """Present symbol, series and ISIN of an instrument."""
        known = self._known[name]
        return known.symbol, known.series, known.isin

    def observe(
        self,
        date: dt.date,
        rows: Iterable[Sighting],
        changes: Mapping[str, SymbolChange] | None = None,
        overrides: Mapping[str, SameAs] | None = None,
    ) -> dict[Pair, str]:
        """Take in the rows of session `date`, the next one after `today`.

        Args:
            date: the session.
            rows: equity rows with a valid ISIN or, in files that have none, without.
            changes: the newest symbol change up to `date` by new symbol.
            overrides: lines of the user's file in force on `date` by symbol.

        Returns:
            The instrument of each (symbol, ISIN, family).
        """
        ids: dict[Pair, str] = {}
        strangers: list[Sighting] = []
        seen: dict[str, Sighting] = {}
        overrides = overrides or {}
        self.changed = set()
        for row in rows:
            pair = (row.symbol, row.isin, row.family)
            if pair in ids:
                continue
            name = self._by_symbol.get((row.symbol, row.family)) if row.isin is None else self._by_pair.get(pair)
            line = self._decision(row, overrides)
            decided = line is not None and (self.today is None or line.date > self.today)
            if name is None or name in seen or decided or (row.isin is None and self._is_recycled(row, name, date)):
                strangers.append(row)
            else:
                ids[pair], seen[name] = name, row
        vanished = self._vanished(seen) if strangers else {}
        for row in sorted(strangers, key=lambda each: (each.symbol, each.isin or "")):
            name, evidence = self._resolve(row, date, seen, vanished, changes or {}, overrides)
            ids[row.symbol, row.isin, row.family], seen[name] = name, row
            self._link(name, row, date, evidence)
        changed = [self._update(name, row, date) for name, row in seen.items()]
        if strangers or any(changed):
            self._reindex()
        self.changed |= self._trading.symmetric_difference(seen)
        self.today, self._trading = date, set(seen)
        return ids

    def _decision(self, row: Sighting, overrides: Mapping[str, SameAs]) -> SameAs | None:
        """The user's line on a row.

        One on a symbol that a share and its partly paid form both carry speaks of the share.
        """
        return None if row.family and (row.symbol, "") in self._by_symbol else overrides.get(row.symbol)

    def _is_recycled(self, row: Sighting, name: str, date: dt.date) -> bool:
        last_seen, close = self._last[name]
        if is_entitlement(row.symbol, row.isin):
            return (date - last_seen).days > ENTITLEMENT_FORGOTTEN_DAYS
        return (date - last_seen).days > FORGOTTEN_DAYS and not _same(close, row.prev_close)

    def _vanished(self, seen: Mapping[str, Sighting]) -> dict[str, Instrument]:
        return {
            name: each for name, each in self._known.items() if self._last[name][0] == self.today and name not in seen
        }

    def _resolve(
        self, row: Sighting, date: dt.date, seen: Mapping[str, Sighting], vanished: Mapping[str, Instrument],
        changes: Mapping[str, SymbolChange], overrides: Mapping[str, SameAs],
    ) -> tuple[str, Evidence]:  # fmt: skip
        own = row.family
        if (line := self._decision(row, overrides)) is not None:
            name = self._by_symbol.get((line.old_symbol, own)) if line.old_symbol else None
            return (
                (name, "override") if name is not None and name not in seen else (self._new_id(row, date), "override")
            )
        if row.isin is not None:
            name = self._by_key.get(security_key(row.isin, row.symbol))
            if name is not None and name not in seen:
                return name, "isin" if row.isin == self._known[name].isin else "isin_issuer"
        if (change := changes.get(row.symbol)) is not None:
            name = self._by_symbol.get((change.old, own))
            if name is not None and name not in seen and self._agrees(row, self._known[name]):
                return name, "symbolchange"
        name = self._by_symbol.get((row.symbol, own))
        if name is not None and name not in seen and self._continues(row, self._known[name], date):
            return name, "prev_close" if self._chains(self._known[name], row) else "symbol"
        if own:
            return self._new_id(row, date), "first_seen" if row.isin is not None else "symbol"
        heirs = [
            each
            for each in vanished.values()
            if each.instrument_id not in seen and not _family(each) and self._chains(each, row)
        ]
        without_isin = [each for each in heirs if row.isin is None or each.isin is None]
        if (
            len(heirs) == 1
            and len(without_isin) == 1
            and row.series not in UNTIDY_SERIES
            and row.prev_close >= TELLING_PRICE
        ):
            return heirs[0].instrument_id, "prev_close"
        return self._new_id(row, date), "first_seen" if row.isin is not None else "symbol"

    def _agrees(self, row: Sighting, known: Instrument) -> bool:
        """The register says so.

        If both ISINs are known and name different securities, the price chain must say so, too.
        """
        if row.isin is None or known.isin is None:
            return True
        if row.family:
            return row.isin == known.isin
        return security_key(row.isin, row.symbol) == security_key(known.isin, known.symbol) or self._chains(known, row)

    def _continues(self, row: Sighting, known: Instrument, date: dt.date) -> bool:
        """The same symbol with another security key goes on as itself only if its price does."""
        if row.family and row.isin is not None and known.isin is not None:
            return False
        if row.family == "rights":
            return not self._is_recycled(row, known.instrument_id, date)
        if self._chains(known, row):
            return True
        one_sided = (row.isin is None) != (known.isin is None)  # the files began to carry ISINs
        return one_sided and (date - self._last[known.instrument_id][0]).days <= FORGOTTEN_DAYS

    def _chains(self, known: Instrument, row: Sighting) -> bool:
        return _same(self._last[known.instrument_id][1], row.prev_close)

    def _new_id(self, row: Sighting, date: dt.date) -> str:
        code = f"SYM:{row.symbol}.{row.series}" if row.family.startswith("partly_paid") else f"SYM:{row.symbol}"
        candidates = [code] if row.isin is None else [security_key(row.isin, row.symbol), row.isin]
        free = [each for each in candidates if each not in self._known]
        return free[0] if free else f"{candidates[-1]}:{date}"

    def _link(self, name: str, row: Sighting, date: dt.date, evidence: Evidence) -> None:
        self.changed.add(name)
        old = self._known.get(name)
        if old is None:
            self._known[name] = Instrument(
                name, row.symbol, row.isin, row.series, row.name, date, date, date, row.close, evidence
            )
        else:
            self._known[name] = old.bearing(row, date, evidence)
        self._index(self._known[name], row.isin)

    def _update(self, name: str, row: Sighting, date: dt.date) -> bool:
        """Note the day's names and close; returns whether the names are others than before."""
        self._last[name] = (date, row.close)
        known = self._known[name]
        is_other = known.symbol != row.symbol or (row.isin is not None and known.isin != row.isin)
        if is_other or known.series != row.series:
            self.changed.add(name)
            self._known[name] = known.bearing(row, date, "isin" if is_other else "series")
            return is_other
        if row.name is not None and row.name != known.name:
            self.changed.add(name)
            self._known[name] = replace(known, name=row.name)
        return False

    def _index(self, each: Instrument, isin: str | None = None) -> None:
        isin = isin or each.isin
        own = _family(each)
        self._by_pair[each.symbol, isin, own] = each.instrument_id
        self._by_symbol[each.symbol, own] = each.instrument_id
        if isin is not None:
            self._by_key[security_key(isin, each.symbol)] = each.instrument_id
            self._by_key[each.instrument_id] = each.instrument_id


def _family(each: Instrument) -> str:
    return family(each.symbol, each.series, each.isin)


def _same(one: float, other: float) -> bool:
    return abs(one - other) < SAME
