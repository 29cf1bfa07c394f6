"""What corporate actions did to the shares of an account.

In steps from which anybody can follow the cost of each share.

What belongs here: the steps. What does not: taking them (`corporate_actions.py`, which notes them), or what follows for
lots and taxes (`backtest/`). Buys and sells are not among them: they are executions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ChangeKind = Literal["scale", "new", "sell", "move", "demerge", "list", "claim_paid"]
CHANGE_KINDS: tuple[ChangeKind, ...] = ChangeKind.__args__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Change:
    """A step.

    - `scale`: the shares are `factor` times as many (split, consolidation, an opening gap that is taken for one);
    - `new`: `shares` more, for which `cash` was paid (bonus: nothing; rights);
    - `sell`: `shares` fewer, for which `cash` was got (fractions, the cash of an ending; 0 shares: rights that were
      renounced);
    - `move`: `shares` of `other` are got for the part `factor` of what the shares still cost; they are still there;
    - `demerge`: the same for a claim on a part that is not listed yet, one for each of `shares`;
    - `list`: the claims on parts of `name` became `shares` of `other`;
    - `claim_paid`: `shares` claims on parts of `name` were paid with `cash`.

    Attributes:
        kind: which of them.
        name: of which name.
        shares, cash, factor, other: see there; rupees.
    """

    kind: ChangeKind
    name: int
    shares: float = 0.0
    cash: float = 0.0
    factor: float = 1.0
    other: int = -1
