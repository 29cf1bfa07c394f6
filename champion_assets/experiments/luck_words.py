"""What the figures about luck mean, in words.

What belongs here: sentences. What does not: figures (`luck.py`), layout (`comparison_page.py`).
"""

from __future__ import annotations

import math

import numpy as np

from champion_assets.experiments.luck import Comparison, Luck
from champion_assets.pages.units import number, percent


def summary(luck: Luck) -> str:
    """One sentence for the command.

    Args:
        luck: estimates of an experiment.
    """
    found = luck.comparison
    if found is None:
        return f"not judged, because {luck.why_not}"
    return (
        f"probability of backtest overfitting {found.overfitting.probability:.0%}, of loss "
        f"{found.overfitting.loss:.0%} "
        f"({len(luck.compared)} trials, {found.sessions:,} sessions from {found.first} to {found.last}); "
        f"{_length(luck, found)}" + (f"; {len(luck.left_out)} trial(s) left out" if luck.left_out else "")
    )


def lines(luck: Luck, found: Comparison) -> list[tuple[str, str, str]]:
    """The figures with name, value and definition.

    Args:
        luck: estimates of an experiment.
        found: comparison that they are from.
    """
    figures = found.overfitting
    slope = "undefined" if math.isnan(figures.degradation) else number(figures.degradation)
    chosen, kept = (float(np.median(each)) * found.root_sessions_a_year for each in (figures.chosen, figures.kept))
    length = "undefined" if found.minimum_years is None else f"{found.minimum_years:.1f} years"
    ways = (
        f"The sessions are cut into {figures.blocks} blocks, and these into two halves in all "
        f"{figures.logits.size:,} ways. "
    )
    return [
        ("probability of backtest overfitting", percent(figures.probability, 0), ways + _OVERFITTING),
        ("probability of loss", percent(figures.loss, 0), _LOSS),
        ("Sharpe ratio where chosen, and in the other half", f"{number(chosen)}, {number(kept)}", _RATIOS),
        ("performance degradation", slope, _DEGRADATION),
        ("minimum backtest length", length, f"{_sentence(_length(luck, found))} {_MINIMUM}"),
    ]


_OVERFITTING = (
    "This is the share of these splits in which the trial with the best Sharpe ratio in one half "
    "ranks no better than the median of all "
    "trials in the other. Trials that do not differ in skill give about 50 %; near 0 % the choice "
    "carries over to other days. "
    "One history says little: 50 trials of noise over 1,000 sessions gave between 8 % and 77 % in 40 draws."
)
_LOSS = (
    "Share of these splits in which the trial chosen has a Sharpe ratio below 0 in the other half, "
    "that is, earns less than an overnight "
    "deposit."
)
_RATIOS = "Medians over the splits, annual, in excess of the overnight rate: what the choice promised and what it kept."
_DEGRADATION = (
    "Slope of the line through both of these ratios over all splits. It is below 0 even without "
    "overfitting, and near -1 if one trial is "
    "always chosen, because both halves share one total: what one has, the other lacks."
)
_MINIMUM = (
    "In a shorter history the best of so many trials without skill is expected to show such a "
    "ratio. The trials are taken as independent; "
    "those that resemble each other count for fewer, so this is on the safe side."
)
_BASIS = (
    "Returns are net of costs, before tax, in excess of the overnight rate. Trials under other "
    "names are not compared, but count for the "
    "minimum length."
)


def notes(luck: Luck) -> list[tuple[str, bool]]:
    """Basis and limits of the figures; True marks a warning.

    Args:
        luck: estimates of an experiment.
    """
    found = luck.comparison
    if found is None:
        return [(f"Not judged, because {luck.why_not}.", True)]
    span = f"the {found.sessions:,} sessions from {found.first} to {found.last} in which all of them were invested"
    outside = f"{found.unused:,} sessions of some of them lie outside and are not used"
    told = [(f"Compared: {len(luck.compared)} trials of this experiment over {span}; {outside}. {_BASIS}", False)]
    if found.overfitting.left_out:
        told.append(
            (f"The first {found.overfitting.left_out} of these sessions fill no block and are not split.", False)
        )
    if found.minimum_years is not None and found.years < found.minimum_years:
        told.append(
            (
                (
                    "The history is shorter than the minimum length: luck "
                    "alone is expected to show the best trial's Sharpe ratio."
                ),
                True,
            )
        )
    if luck.earlier:
        told.append((f"Not run this time, so compared as an earlier run left them: {', '.join(luck.earlier)}.", True))
    return told


def _length(luck: Luck, found: Comparison) -> str:
    best = f"the best trial's Sharpe ratio is {found.sharpe:.2f}"
    if found.minimum_years is None:
        return f"{best}, so no history is long enough"
    short = "shorter" if found.years < found.minimum_years else "longer"
    return (
        f"{best}; with {luck.made} trials ever made on this lake that takes {found.minimum_years:.1f} "
        f"years, and the history of "
        f"{found.years:.1f} is {short}"
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
