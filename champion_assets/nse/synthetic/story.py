"""Who is listed on the fictional exchange, and what happens to them.

What belongs here: the cast and its events, as data. What does not: prices (`market.py`) or files (`files.py`).
Names are invented; issuer codes end in `Z`, which no real issuer of the time used in this combination.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

from champion_assets.nse.isin import isin_check_digit

EventKind = Literal["split", "bonus", "rights", "demerger", "dividend", "special_dividend"]

_FIRST = (
    "Aranya",
    "Bodhi",
    "Chakra",
    "Dhruva",
    "Ekanta",
    "Falgun",
    "Garuda",
    "Himavat",
    "Indus",
    "Jaldhara",
    "Kaveri",
    "Lohit",
    "Malwa",
    "Narmada",
    "Ojas",
    "Prayag",
    "Rudra",
    "Sahyadri",
    "Tapti",
    "Udaya",
    "Vindhya",
    "Yamuna",
)
_SECOND = (
    ("Steel", "Metals"),
    ("Pharma", "Healthcare"),
    ("Infotech", "Information Technology"),
    ("Finance", "Financial Services"),
    ("Motors", "Automobile"),
    ("Foods", "Consumer Goods"),
    ("Power", "Utilities"),
    ("Cement", "Construction"),
)


@dataclass(frozen=True)
class Event:
    """A corporate action: price factor `f` on the ex-date, and how NSE's feed would word it."""

    kind: EventKind
    ex_session: int
    factor: float
    purpose: str


@dataclass(frozen=True)
class Company:
    """A listed instrument of the story; sessions count from 0, None means the whole time."""

    symbol: str
    name: str
    sector: str
    isin: str
    first_price: float
    face_value: int = 10
    series: str = "EQ"
    listed_from: int = 0
    listed_to: int | None = None
    suspended: tuple[int, int] | None = None
    trade_to_trade: tuple[int, int] | None = None
    renamed: tuple[int, str] | None = None
    isin_change: tuple[int, str] | None = None
    migrates_to_eq: int | None = None
    events: tuple[Event, ...] = field(default_factory=tuple)


def _isin(number: int, serial: int = 1, prefix: str = "INE", kind: str = "01") -> str:
    body = f"{prefix}{number:03d}Z{kind}{serial:02d}"
    return body + isin_check_digit(body)


def cast(sessions: int) -> list[Company]:
    """The instruments of a story of `sessions` sessions: 120 shares with events, 6 SME shares, 4 funds."""

    def at(share: float, later: int = 0) -> int:
        return min(max(2, int(share * sessions)) + later, sessions - 1)

    special: dict[int, dict[str, Any]] = {
        0: {
            "events": (
                Event(
                    "split",
                    at(0.25),
                    0.2,
                    "Face Value Split (Sub-Division) - From Rs 10/- Per Share To Rs 2/- Per Share",
                ),
            ),
            "isin_change": (at(0.25, 1), _isin(100, 2)),
        },
        1: {"events": (Event("bonus", at(0.40), 0.5, "Bonus 1:1"),)},
        2: {"events": (Event("rights", at(0.50), 0.97, "Rights 1:5 @ Premium Rs 190/-"),)},
        3: {"events": (Event("demerger", at(0.60), 0.7, "Demerger"),)},
        4: {"renamed": (at(0.55), "EKANTANEW")},
        5: {"trade_to_trade": (at(0.30), at(0.45))},
        6: {"suspended": (at(0.35), at(0.50))},
        7: {"listed_to": at(0.65)},
        8: {"listed_from": at(0.30)},
        9: {"listed_from": at(0.70)},
        10: {"events": (Event("special_dividend", at(0.45), 0.9, "Special Dividend - Rs 40 Per Share"),)},
        11: {
            "events": (
                Event("bonus", at(0.75), 2 / 3, "Bonus 1:2"),
                Event("dividend", at(0.20), 0.99, "Interim Dividend - Rs 4 Per Share"),
            )
        },
        12: {"listed_from": at(0.60, 15)},
    }
    companies = []
    for number, (first, (second, sector)) in enumerate(product(_FIRST, _SECOND)):
        if number >= 120:
            break
        symbol = f"{first}{second}".upper()[:10]
        extra = special.get(number, {})
        price = 40.0 + 37.0 * (number * 7 % 53)
        companies.append(
            Company(symbol, f"{first} {second} Limited (fictional)", sector, _isin(100 + number), price, **extra)
        )
    companies.extend(
        Company(
            f"SMEFIRM{number}",
            f"Small Firm {number} Limited (fictional)",
            "SME",
            _isin(300 + number),
            60.0 + 15 * number,
            series="SM",
            migrates_to_eq=at(0.5) if number == 0 else None,
        )
        for number in range(6)
    )
    companies.extend(
        Company(
            f"FICTBEES{number}",
            f"Fictional Index Fund {number}",
            "Fund",
            _isin(400 + number, prefix="INF"),
            100.0 + 50 * number,
            face_value=1,
        )
        for number in range(4)
    )
    symbols = [company.symbol for company in companies]
    if len(set(symbols)) != len(symbols):
        raise AssertionError("two companies of the story share a symbol")
    return companies
