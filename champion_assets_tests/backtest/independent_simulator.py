"""A second simulator, in plain Python over dictionaries, that shares no code with the first:
`test_independent_simulator.py` compares them.

Written from the rules (docs/architecture.md, the settings' texts, the laws and circulars on charges), not from
`simulation/`, `portfolio/` or `nse/`. It reads the lake's prices, returns, actions, endings, rates, lists of bands and
decisions, and keeps the account of the days.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import polars as pl

from champion_assets_tests.backtest import independent_rules as rules
from champion_assets_tests.backtest.independent_books import Books


class Recomputed:
    def __init__(self, lake: Any, settings: Any, dates: list[dt.date]) -> None:
        def read(table: str) -> pl.DataFrame:
            return lake.read(table, [date for date in dates if lake.has(table, date)])

        def by_day(rows: pl.DataFrame) -> dict[dt.date, list[dict[str, Any]]]:
            return {key[0]: part.to_dicts() for key, part in rows.partition_by("trade_date", as_dict=True).items()}

        weights, actions, endings = (
            read("portfolio/target_weights"),
            read("silver/corporate_actions"),
            read("silver/endings"),
        )
        names = {*weights["instrument_id"], *actions["child_instrument_id"], *endings["child_instrument_id"]}
        mine = pl.col("instrument_id").is_in([name for name in names if name])
        self.returns = read("features/returns")
        flags = self.returns.select("trade_date", "instrument_id", "f_capital", "is_unexplained_gap")
        prices = read("silver/equity_eod").filter(mine).join(flags, on=["trade_date", "instrument_id"], how="left")
        self.market = {date: {row["instrument_id"]: row for row in rows} for date, rows in by_day(prices).items()}
        hits = read("silver/security_status").filter(mine) if lake.dates("silver/security_status") else None
        listed = by_day(read("silver/price_bands").filter(mine)) if lake.dates("silver/price_bands") else {}
        self.bands = {date: {row["instrument_id"]: (row["band"],) if row["band"] else () for row in rows}
                      for date, rows in listed.items()}  # fmt: skip
        self.hits = (
            {}
            if hits is None
            else {date: {row["instrument_id"]: row for row in rows} for date, rows in by_day(hits).items()}
        )
        self.legs = {
            key[0]: part.to_dicts()
            for key, part in actions.filter(mine).partition_by("instrument_id", as_dict=True).items()
        }
        self.endings = by_day(endings.filter(pl.col("confidence") != "unknown"))
        self.rates = dict(read("silver/rates").select("trade_date", "overnight_rate").iter_rows())
        self.weights, self.settings, self.dates = by_day(weights), settings, dates
        self.books = Books(0.0)

    def run(self) -> list[dict[str, Any]]:
        return [self.session(date, self.dates[at - 1] if at else None) for at, date in enumerate(self.dates)]

    def session(self, date: dt.date, evening: dt.date | None) -> dict[str, Any]:
        books, s, self.today = self.books, self.settings, self.market.get(date, {})
        if evening is None:
            books.cash = s.initial_capital
        days = (date - evening).days if evening else 0
        rate = max(0.0, self.rates[date] - s.cash_spread)
        interest = books.cash * (
            (1 + s.cash_rate) ** (days / 365) - 1 if s.cash_rate is not None else rate * days / 365
        )
        books.cash += interest
        for waiting in (books.arriving, books.unlisted, books.owed):
            waiting[:] = [[*what, left - 1] for *what, left in waiting if left > 1]
        gaps = {name for name, row in self.today.items() if row["is_unexplained_gap"]}
        for name in gaps & set(books.orders):
            before = books.mark[name] if name in books.shares else self.previous(name)
            books.orders[name] = math.trunc(books.orders[name] * before / self.today[name]["open"])
        for name in gaps & set(books.shares):
            books.scale(name, books.mark[name] / self.today[name]["open"])
            books.shares[name] *= books.mark[name] / self.today[name]["open"]
            books.mark[name] = self.today[name]["open"]
        dividends = self.act(date, gaps)
        for name in books.shares:
            if name not in self.today and books.idle[name] + 1 == s.delisted_after:
                books.mark[name] *= s.delisting_recovery
        rows = self.weights.get(evening, []) if evening else []
        if rows and rows[0]["decided_on"] == evening:
            self.order(rows, evening)
        bought, sold, costs = self.fill(date) if books.orders else (0.0, 0.0, 0.0)
        for name in books.shares:
            traded = name in self.today
            books.idle[name] = 0 if traded else books.idle[name] + 1
            books.mark[name] = self.today[name]["close"] if traded else books.mark[name]
        return {
            "trade_date": date,
            "value": books.value(),
            "cash": books.cash,
            "costs": costs,
            "bought": bought,
            "sold": sold,
            "dividends": dividends,
            "interest": interest,
            "shares": dict(books.shares),
        }

    def previous(self, name: str) -> float | None:
        row = self.today.get(name)
        return row["prior_close"] * row["f_capital"] if row and row["prior_close"] else None

    def act(self, date: dt.date, gaps: set[str]) -> float:
        """Corporate actions on what is held; returns the dividends."""
        books, dividends = self.books, 0.0
        books.cash += sum(n * each for _, n, each, age in books.claims if age >= 250)
        books.claims = [[who, n, each, age + 1] for who, n, each, age in books.claims if age < 250]
        mine = {*books.shares, *books.orders, *(claim[0] for claim in books.claims)}
        ended = self.endings.get(date, [])
        for name in sorted(mine):
            known = [leg for leg in self.legs.get(name, ()) if leg["trade_date"] <= date and name not in gaps]
            for leg in self.fresh(known, self.today.get(name), date):
                dividends += books.meet(name, leg, subscribe=self.settings.rights == "subscribe")
            for leg in (leg for leg in known if leg["child_instrument_id"]):
                child, ratio = leg["child_instrument_id"], leg["ratio_a"]
                if leg["kind"] == "merger" and leg["ex_session"] == date and leg["held"] is None:
                    books.end(name, [(child, ratio)], 0.0, self.today)
                if leg["kind"] == "demerger" and leg["trade_date"] == date:
                    new = sum(n for who, n, _, _ in books.claims if who == name) * ratio
                    books.claims = [claim for claim in books.claims if claim[0] != name]
                    books.put(child, books.shares.get(child, 0.0) + new, self.today[child]["close"], 0)
            if rows := [row for row in ended if row["instrument_id"] == name]:
                parts = [(row["child_instrument_id"], row["ratio"]) for row in rows if row["ratio"] is not None]
                books.end(name, parts, max(row["cash"] for row in rows), self.today)
        return dividends

    def fresh(self, known: list[dict[str, Any]], row: dict[str, Any] | None, date: dt.date) -> list[dict[str, Any]]:
        """The legs since the name last traded, as told last, in order; none while it does not trade."""
        legs = [leg for leg in known if row and leg["kind"] != "merger" and leg["ex_session"] <= date
                and (row["prior_date"] is None or leg["ex_session"] > row["prior_date"])]  # fmt: skip
        last = {
            day: max(leg["trade_date"] for leg in legs if leg["ex_date"] == day)
            for day in {leg["ex_date"] for leg in legs}
        }
        told = [leg for leg in legs if leg["trade_date"] == last[leg["ex_date"]] and leg["held"] is None]
        return sorted(told, key=lambda leg: (leg["ex_date"], rules.RANK.get(leg["kind"], 9), leg["leg"]))

    def order(self, rows: list[dict[str, Any]], evening: dt.date) -> None:
        """The decision of the evening in whole shares, at the marks of the moment."""
        books, worth = self.books, self.books.value()
        wanted = {row["instrument_id"]: row["weight"] for row in rows if not row["is_stuck"]}
        kept = {row["instrument_id"] for row in rows if row["is_stuck"]}
        closes = self.market[evening]
        books.orders = {}
        for name in {*wanted, *books.shares} - kept:
            mark = books.mark[name] if name in books.shares else self.previous(name) or closes[name]["close"]
            target = math.floor(wanted.get(name, 0.0) * worth / mark + 1e-9)
            if change := target - books.shares.get(name, 0.0):
                books.orders[name] = change

    def fill(self, date: dt.date) -> tuple[float, float, float]:
        """Sells, then buys as far as the cash goes; returns what was bought, sold, and the charges."""
        books, s = self.books, self.settings
        moves = self.volatility(date) if s.impact else {}
        done = self.takeable(date)
        worth = {name: -change * self.price(name, change, date, moves) for name, change in done.items() if change < 0}
        worthless = {
            name for name, rupees in worth.items() if rupees < 1_000 and rules.charges(date, [], [rupees], s) >= rupees
        }
        done = {name: change for name, change in done.items() if name not in worthless}
        sold = {name: rupees for name, rupees in worth.items() if name in done}
        wait = int(rules.of(rules.SETTLED_AFTER, date))
        cash = books.cash + sum(sold.values()) - rules.charges(date, [], list(sold.values()), s)
        owed = [*books.owed, *([[sum(sold.values()), wait]] if sold else [])]
        free = max(0.0, cash - (sum(rupees for rupees, _ in owed) if s.usable_proceeds == "settled" else 0.0))
        unit = rules.buying_unit(date, s)
        need = sum(change * self.price(name, change, date, moves) * unit for name, change in done.items() if change > 0)
        if need > free:
            done = {
                name: change if change < 0 else math.floor(change * free / need + 1e-12)
                for name, change in done.items()
            }
        bought = {name: change * self.price(name, change, date, moves) for name, change in done.items() if change > 0}
        costs = rules.charges(date, list(bought.values()), list(sold.values()), s)
        books.cash += sum(sold.values()) - sum(bought.values()) - costs
        books.owed = owed
        for name, change in done.items():
            if change > 0:
                books.arriving.append([name, change, wait])
                books.idle[name] = 0
            if change and name not in books.shares:
                books.mark[name] = self.today[name]["open"]  # until the close of this session
            books.shares[name] = books.shares.get(name, 0.0) + change
            if not books.shares[name]:
                del books.shares[name]
        rest = {name: change - done.get(name, 0.0) for name, change in books.orders.items() if name not in worthless}
        books.orders = {name: change for name, change in rest.items() if change} if s.unfilled == "carry" else {}
        return sum(bought.values()), sum(sold.values()), costs

    def takeable(self, date: dt.date) -> dict[str, float]:
        """What the market would take of each order, cash aside."""
        books, found = self.books, {}
        for name, change in sorted(books.orders.items()):
            row = self.today.get(name)
            if not row or self.is_locked(name, row, date, up=change > 0):
                continue
            most = math.floor(self.settings.participation * row["volume"])
            if change < 0:
                late = (
                    sum(n for who, n, _ in books.arriving if who == name)
                    if row["series"] in rules.TRADE_TO_TRADE
                    else 0.0
                )
                late = max(late, sum(n for who, n, _ in books.unlisted if who == name))
                most = min(most, max(books.shares.get(name, 0.0) - late, 0.0))
            if most:
                found[name] = math.copysign(min(abs(change), most), change)
        return found

    def price(self, name: str, change: float, date: dt.date, moves: dict[str, float]) -> float:
        row, up = self.today[name], change > 0
        worse = self.settings.slippage_bps / 1e4
        if self.settings.impact:
            worse += self.settings.impact * moves[name] * math.sqrt(abs(change) / row["volume"])
        return rules.on_tick(row[self.settings.fill] * (1 + worse if up else 1 - worse), date, row["series"], up=up)

    def is_locked(self, name: str, row: dict[str, Any], date: dt.date, *, up: bool) -> bool:
        """At the band, at the day's extreme: nobody takes the other side."""
        price, extreme = row[self.settings.fill], row["high" if up else "low"]
        if price < extreme - 0.005 if up else price > extreme + 0.005:
            return False
        told = self.hits.get(date, {}).get(name)
        if told and told["hit_upper"] is not None and told["hit_lower"] is not None:
            return bool(told["hit_upper" if up else "hit_lower"])
        bands = self.bands.get(date, {}).get(name, (0.02, 0.05, 0.1, 0.2))
        hit = rules.is_at_a_band(price, self.previous(name), date, row["series"], up=up, bands=bands)
        return hit or bool(told and told["hit_upper" if up else "hit_lower"])

    def volatility(self, date: dt.date) -> dict[str, float]:
        """Of the names on order: of their total returns in the window of the evening; the median of all where there are
        too few."""
        span = [day for day in self.dates if day < date][-(self.settings.cov_window_days - 1) :]
        rows = (
            self.returns.filter(pl.col("trade_date").is_in(span)).drop_nulls("total_return").group_by("instrument_id")
        )
        found = rows.agg(pl.col("total_return").std().alias("own"), pl.len()).filter(pl.col("len") >= 20)
        own = dict(found.select("instrument_id", "own").iter_rows())
        return {name: own.get(name, found["own"].median()) for name in self.books.orders}
