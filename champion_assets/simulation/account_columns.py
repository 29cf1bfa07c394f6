"""The account as it is stored: columns of `portfolio/account`, and back; and what a session did to each name and order.

What belongs here: the translation. Names are instrument ids in the table, numbers in the simulator.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from champion_assets.simulation.account import Account, Claim, new_account
from champion_assets.simulation.session import SessionResult

HOLDINGS = pl.List(
    pl.Struct(
        {
            "instrument_id": pl.String,
            "symbol": pl.String,
            "shares": pl.Float64,
            "price": pl.Float64,
            "value": pl.Float64,
            "idle": pl.Int64,
        }
    )
)
ARRIVING = pl.List(pl.Struct({"instrument_id": pl.String, "shares": pl.Float64, "sessions": pl.Int64}))
OWED = pl.List(pl.Struct({"amount": pl.Float64, "sessions": pl.Int64}))
CLAIMS = pl.List(
    pl.Struct(
        {"instrument_id": pl.String, "symbol": pl.String, "shares": pl.Float64, "each": pl.Float64, "age": pl.Int64}
    )
)
ORDERS = pl.List(pl.Struct({"instrument_id": pl.String, "shares": pl.Float64}))
EXECUTIONS = pl.List(
    pl.Struct(
        {
            "instrument_id": pl.String,
            "symbol": pl.String,
            "wanted": pl.Float64,
            "filled": pl.Float64,
            "reason": pl.String,
            "reference": pl.Float64,
            "price": pl.Float64,
            "charges": pl.Float64,
        }
    )
)
RESULTS = pl.List(
    pl.Struct(
        {
            "instrument_id": pl.String,
            "symbol": pl.String,
            "market": pl.Float64,
            "dividends": pl.Float64,
            "execution": pl.Float64,
            "actions": pl.Float64,
            "written_down": pl.Float64,
        }
    )
)
CHANGES = pl.List(
    pl.Struct(
        {
            "kind": pl.String,
            "instrument_id": pl.String,
            "symbol": pl.String,
            "shares": pl.Float64,
            "cash": pl.Float64,
            "factor": pl.Float64,
            "other": pl.String,
            "other_symbol": pl.String,
        }
    )
)


def as_columns(account: Account, names: Sequence[str], symbols: Mapping[str, str]) -> dict[str, list[Any]]:
    """The account's columns."""
    held = [int(number) for number in np.flatnonzero(account.shares)]
    return {
        "holdings": [
            {
                "instrument_id": names[i],
                "symbol": symbols.get(names[i], ""),
                "shares": float(account.shares[i]),
                "price": float(account.price[i]),
                "value": float(account.shares[i] * account.price[i]),
                "idle": int(account.idle[i]),
            }
            for i in held
        ],
        "arriving": [
            {"instrument_id": names[i], "shares": shares, "sessions": left} for i, shares, left in account.arriving
        ],
        "unlisted": [
            {"instrument_id": names[i], "shares": shares, "sessions": left} for i, shares, left in account.unlisted
        ],
        "owed": [{"amount": amount, "sessions": left} for amount, left in account.owed],
        "claims": [
            {
                "instrument_id": names[claim.name],
                "symbol": symbols.get(names[claim.name], ""),
                "shares": claim.shares,
                "each": claim.each,
                "age": claim.age,
            }
            for claim in account.claims
        ],
        "orders": [{"instrument_id": names[i], "shares": shares} for i, shares in sorted(account.orders.items())],
    }


def session_columns(result: SessionResult, names: Sequence[str], symbols: Mapping[str, str]) -> dict[str, list[Any]]:
    """What became of the session's orders, and what each name brought."""

    def who(number: int) -> dict[str, Any]:
        return {"instrument_id": names[number], "symbol": symbols.get(names[number], "")}

    return {
        "executions": [
            {**who(each.name), "wanted": each.wanted, "filled": each.filled, "reason": each.reason,
             "reference": _known(each.reference), "price": _known(each.price), "charges": each.charges}
            for each in result.executions
        ],
        "results": [{**who(number), **vars(each)} for number, each in result.names.items()],
        "changes": [
            {"kind": each.kind, **who(each.name), "shares": each.shares, "cash": each.cash, "factor": each.factor,
             "other": names[each.other] if each.other >= 0 else None,
             "other_symbol": symbols.get(names[each.other], "") if each.other >= 0 else None}
            for each in result.changes
        ],
    }  # fmt: skip


def frame_of(rows: Sequence[Mapping[str, Any]], schema: pl.Schema) -> pl.DataFrame:
    """Rows of columns by name, lists of records among them, as a frame."""
    kinds = pl.DataFrame(schema=schema).to_arrow(compat_level=pl.CompatLevel.oldest()).schema
    columns = [pa.array([row[each.name] for row in rows], type=each.type) for each in kinds]
    return pl.DataFrame(pa.Table.from_arrays(columns, schema=kinds), schema=schema)


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def from_row(row: Mapping[str, Any], index: Mapping[str, int]) -> Account:
    """The account of a stored day."""
    account = new_account(float(row["cash"]), len(index))
    for held in row["holdings"]:
        number = index[held["instrument_id"]]
        account.shares[number], account.price[number], account.idle[number] = (
            held["shares"],
            held["price"],
            held["idle"],
        )
    account.arriving = [(index[each["instrument_id"]], each["shares"], each["sessions"]) for each in row["arriving"]]
    account.unlisted = [(index[each["instrument_id"]], each["shares"], each["sessions"]) for each in row["unlisted"]]
    account.owed = [(each["amount"], each["sessions"]) for each in row["owed"]]
    account.claims = [
        Claim(index[each["instrument_id"]], each["shares"], each["each"], each["age"]) for each in row["claims"]
    ]
    account.orders = {index[each["instrument_id"]]: each["shares"] for each in row["orders"]}
    return account


def names_in(row: Mapping[str, Any]) -> dict[str, str]:
    """Every instrument that a stored day speaks of, with its symbol where it is told."""
    columns = ("orders", "arriving", "unlisted", "targets", "claims", "holdings")
    return {each["instrument_id"]: each.get("symbol", "") for column in columns for each in row[column]}
