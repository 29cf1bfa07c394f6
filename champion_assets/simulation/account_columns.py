"""The account as it is stored: columns of `backtest/daily`, and back.

What belongs here: the translation. Names are instrument ids in the table, numbers in the simulator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from champion_assets.simulation.account import Account, Claim, new_account

HOLDINGS = pl.List(pl.Struct({"instrument_id": pl.String, "symbol": pl.String, "shares": pl.Float64, "price": pl.Float64,
                              "value": pl.Float64, "idle": pl.Int64}))  # fmt: skip
ARRIVING = pl.List(pl.Struct({"instrument_id": pl.String, "shares": pl.Float64, "sessions": pl.Int64}))
OWED = pl.List(pl.Struct({"amount": pl.Float64, "sessions": pl.Int64}))
CLAIMS = pl.List(pl.Struct({"instrument_id": pl.String, "symbol": pl.String, "shares": pl.Float64, "each": pl.Float64, "age": pl.Int64}))
ORDERS = pl.List(pl.Struct({"instrument_id": pl.String, "shares": pl.Float64}))


def as_columns(account: Account, names: Sequence[str], symbols: Mapping[str, str]) -> dict[str, list[Any]]:
    """The account's columns, one value each."""
    held = [int(number) for number in np.flatnonzero(account.shares)]
    return {
        "holdings": [[
            {"instrument_id": names[i], "symbol": symbols.get(names[i], ""), "shares": float(account.shares[i]),
             "price": float(account.price[i]), "value": float(account.shares[i] * account.price[i]), "idle": int(account.idle[i])}
            for i in held
        ]],
        "arriving": [[{"instrument_id": names[i], "shares": shares, "sessions": left} for i, shares, left in account.arriving]],
        "owed": [[{"amount": amount, "sessions": left} for amount, left in account.owed]],
        "claims": [[{"instrument_id": names[claim.name], "symbol": symbols.get(names[claim.name], ""), "shares": claim.shares,
                     "each": claim.each, "age": claim.age} for claim in account.claims]],
        "orders": [[{"instrument_id": names[i], "shares": shares} for i, shares in sorted(account.orders.items())]],
    }  # fmt: skip


def from_row(row: Mapping[str, Any], index: Mapping[str, int]) -> Account:
    """The account of a stored day."""
    account = new_account(float(row["cash"]), len(index))
    for held in row["holdings"]:
        number = index[held["instrument_id"]]
        account.shares[number], account.price[number], account.idle[number] = held["shares"], held["price"], held["idle"]
    account.arriving = [(index[each["instrument_id"]], each["shares"], each["sessions"]) for each in row["arriving"]]
    account.owed = [(each["amount"], each["sessions"]) for each in row["owed"]]
    account.claims = [Claim(index[each["instrument_id"]], each["shares"], each["each"], each["age"]) for each in row["claims"]]
    account.orders = {index[each["instrument_id"]]: each["shares"] for each in row["orders"]}
    return account


def names_in(row: Mapping[str, Any]) -> dict[str, str]:
    """Every instrument that a stored day speaks of, with its symbol where it is told."""
    return {
        each["instrument_id"]: each.get("symbol", "") for column in ("orders", "arriving", "claims", "holdings") for each in row[column]
    }
