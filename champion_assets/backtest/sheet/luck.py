"""Was it luck? Confidence in the Sharpe ratio, and how long a history would have to be.

What belongs here: this section. What does not: comparisons among trials (`experiments/luck.py`).
"""

from __future__ import annotations

from champion_assets.backtest.sheet.measured import Figures
from champion_assets.backtest.sheet.verdict import NORMAL_95
from champion_assets.pages.blocks import Block, Cell, Column, Table, Text
from champion_assets.pages.units import number, percent
from champion_assets.quant.luck import minimum_length

TRIALS = (2, 5, 10, 20, 50, 100, 1000)
_ONE_SIDED = 1.6448536269514722


def luck_blocks(stored: Figures) -> list[Block]:
    """The table of confidence, and the minimum backtest length by number of trials."""
    ratio, low, years = stored.get("sharpe"), stored.get("sharpe_low"), stored.get("years")
    if ratio is None or low is None or years is None:
        return [Text("The history is too short for a Sharpe ratio.", "quiet")]
    return [_confidence(stored, ratio, low, years), *_length(ratio, years, int(stored.get("trials") or 1))]


def needed_years(ratio: float, low: float, years: float) -> float | None:
    """The history after which a ratio like this one would be above 0 with 95 % confidence (minimum track record
    length of Bailey and López de Prado, 2012); None for a ratio that is not positive.
    """
    error = (ratio - low) / NORMAL_95
    return years * (_ONE_SIDED * error / ratio) ** 2 if ratio > 0 else None


def _confidence(stored: Figures, ratio: float, low: float, years: float) -> Table:
    needed = needed_years(ratio, low, years)
    trials = int(stored.get("trials") or 1)
    rows = [
        ("Sharpe ratio", number(ratio), "a year", "In excess of the overnight rate."),
        (
            "95 % interval",
            f"{number(low)} to {number(stored.get('sharpe_high'))}",
            "a year",
            "Allows for skewness and kurtosis of the returns (Mertens 2002).",
        ),
        (
            "Probability that it is above 0",
            percent(stored.get("sharpe_probability"), 0),
            "percent",
            "Probabilistic Sharpe ratio (Bailey and López de Prado 2012).",
        ),
        (
            f"The same, as the best of {trials:,} {'trial' if trials == 1 else 'trials'}",
            percent(stored.get("sharpe_deflated"), 0),
            "percent",
            (
                "Deflated Sharpe ratio (2014): the probability that it "
                "is above what as many trials without skill would show."
            ),
        ),
        ("History", number(years, 1), "years", "From the close before the first fill to the last close."),
        (
            "Needed to be sure",
            "never" if needed is None else number(needed, 1),
            "years",
            "Minimum track record length: a history in which such a ratio is above 0 with 95 % confidence.",
        ),
    ]
    columns = [
        Column("Figure", is_number=False),
        Column("Value"),
        Column("Unit", is_number=False),
        Column("Meaning", is_number=False, wraps=True),
    ]
    lines = [
        [Cell(label), Cell(value), Cell(unit, tone="quiet"), Cell(what, tone="quiet")]
        for label, value, unit, what in rows
    ]
    return Table("luck-table", columns, lines, "Confidence in the Sharpe ratio", is_sortable=False)


def _length(ratio: float, years: float, trials: int) -> list[Block]:
    if ratio <= 0:
        return [Text("The Sharpe ratio is not above 0, so luck cannot explain a good result.", "quiet")]
    counts = sorted({*TRIALS, *([trials] if trials > 1 else [])})
    rows = []
    for count in counts:
        length = minimum_length(count, ratio)
        says = (
            "luck alone would be expected to reach this ratio"
            if years < length
            else "longer than luck alone would explain"
        )
        rows.append([Cell(f"{count:,}", count), Cell(number(length, 1), length), Cell(says)])
    columns = [
        Column("Strategies tried"),
        Column("Minimum backtest length", "years"),
        Column(f"This history of {years:.1f} years", is_number=False),
    ]
    text = (
        "A strategy that is chosen as the best of many looks good by luck. In a history shorter than "
        "the minimum backtest "
        "length the best of so many strategies without skill is expected to show this Sharpe ratio "
        "(Bailey and others 2014). "
        "Only you know how many were tried. An experiment of Champion counts its trials."
    )
    return [Text(text), Table("length-table", columns, rows, "If this strategy was the best of several")]
