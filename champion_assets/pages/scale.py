"""Axes: where a value lies on one, and which values are labelled.

What belongs here: positions from 0 to 1 and ticks. What does not: marks (`chart.py`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Tick:
    """A label at a position from 0 to 1; a minor one is left out where there is little room."""

    at: float
    label: str
    is_minor: bool = False


@dataclass(frozen=True)
class Scale:
    """An axis from `low` to `high`, by ratios if it is logarithmic."""

    low: float
    high: float
    is_log: bool = False

    def at(self, values: Floats) -> Floats:
        """Positions, 0 at `low` and 1 at `high`."""
        if self.is_log:
            return np.asarray((np.log(values) - math.log(self.low)) / (math.log(self.high) - math.log(self.low)))
        return np.asarray((values - self.low) / (self.high - self.low))

    def position(self, value: float) -> float:
        """The position of one value."""
        return float(self.at(np.array([value]))[0])


def scale_of(series: Iterable[Floats], *, is_log: bool = False, around: float | None = None) -> Scale:
    """An axis with room for all finite values, and for `around`.

    Raises:
        ValueError: a logarithmic axis has no place for 0 and below.
    """
    values = np.concatenate([np.ravel(each) for each in series] + ([] if around is None else [np.array([around])]))
    values = values[np.isfinite(values)]
    if values.size == 0:
        return Scale(0.5, 2.0, is_log=True) if is_log else Scale(0.0, 1.0)
    low, high = float(values.min()), float(values.max())
    if is_log:
        if low <= 0:
            raise ValueError(f"a logarithmic axis must begin above 0, not at {low:g}")
        room = max(math.log(high / low) * 0.04, 0.005)
        return Scale(low / math.exp(room), high * math.exp(room), is_log=True)
    room = (high - low) * 0.05 or max(abs(high) * 0.1, 1e-9)
    bottom = low if around is not None and low == around else low - room
    top = high if around is not None and high == around else high + room
    return Scale(bottom, top)


def nice_values(scale: Scale, wanted: int = 5) -> list[float]:
    """Round values inside the axis, about as many as wanted."""
    if scale.is_log and scale.high / scale.low > 4:
        powers = range(math.floor(math.log10(scale.low)), math.ceil(math.log10(scale.high)) + 1)
        for steps in ((1, 2, 5), (1,)):
            found = [
                step * 10.0**power
                for power in powers
                for step in steps
                if scale.low <= step * 10.0**power <= scale.high
            ]
            if len(found) <= wanted + 2:
                return found
        return found[:: math.ceil(len(found) / wanted)]
    rough = (scale.high - scale.low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1, 2, 2.5, 5, 10) if each * power >= rough * 0.999)
    first, last = math.ceil(scale.low / step - 1e-9), math.floor(scale.high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def ticks(scale: Scale, label: Callable[[float], str], wanted: int = 5) -> list[Tick]:
    """Labels at round values."""
    return [Tick(scale.position(value), label(value)) for value in nice_values(scale, wanted)]


def day_number(date: dt.date) -> float:
    """Days since 1970, as the page's script counts."""
    return float((date - EPOCH).days)


def date_ticks(first: dt.date, last: dt.date, most: int = 9) -> list[Tick]:
    """Labels at the beginnings of months or years; every other one is minor."""
    scale = Scale(day_number(first), max(day_number(last), day_number(first) + 1))
    months = [dt.date(year, month, 1) for year in range(first.year, last.year + 1) for month in range(1, 13)]
    inside = [date for date in months if first <= date <= last]
    for step in (1, 2, 3, 6, 12, 24, 60, 120):
        chosen = [date for date in inside if (date.year * 12 + date.month - 1) % step == 0]
        if len(chosen) <= most:
            break
    yearly = step >= 12
    labels: list[str] = [f"{date.year}" if yearly or date.month == 1 else f"{date:%b}" for date in chosen]
    if chosen and not yearly:
        labels[0] = f"{chosen[0]:%b %Y}"
    return [
        Tick(scale.position(day_number(date)), label, bool(number % 2))
        for number, (date, label) in enumerate(zip(chosen, labels, strict=True))
    ]


def thinned(places: Floats, values: Floats, buckets: int = 700) -> tuple[Floats, Floats]:
    """Of a curve of many points those that a screen can show.

    Of each bucket the first, the lowest, the highest and the last; gaps stay.

    Args:
        places: from 0 to 1, rising, shape (n,).
        values: NaN in a gap, shape (n,).
        buckets: along the axis.
    """
    if places.size <= 3 * buckets:
        return places, values
    bucket = np.minimum((places * buckets).astype(np.int64), buckets - 1)
    starts = np.flatnonzero(np.diff(bucket, prepend=-1))
    keep: set[int] = set()
    for start, end in zip(starts, [*starts[1:], places.size], strict=True):
        part = values[start:end]
        keep.update((int(start), int(end) - 1))
        if (known := np.flatnonzero(np.isfinite(part))).size:
            keep.update((int(start + known[np.argmin(part[known])]), int(start + known[np.argmax(part[known])])))
        if known.size < part.size:
            keep.update(int(start + gap) for gap in np.flatnonzero(~np.isfinite(part)))
    chosen = np.array(sorted(keep))
    return places[chosen], values[chosen]


def places_of(dates: Sequence[dt.date]) -> tuple[Floats, Scale]:
    """Where sessions lie on an axis of days."""
    days = np.array([day_number(date) for date in dates])
    scale = Scale(days[0], days[-1] if days[-1] > days[0] else days[0] + 1)
    return scale.at(days), scale
