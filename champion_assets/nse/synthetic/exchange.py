"""The fictional exchange as a folder of files, at the paths of NSE's archive.

What belongs here: which file exists when. A republished day exists twice: as first published under the archive's path,
and as corrected under `.republished/`, from where the server (`server.py`) serves it once it was republished.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from champion_assets.nse.calendar import SessionCalendar
from champion_assets.nse.names import (
    FIRST_UDIFF,
    NamedFile,
    action_bundles,
    delivery_file,
    index_close_file,
    legacy_bhavcopy,
    udiff_bhavcopy,
)  # fmt: skip
from champion_assets.nse.synthetic import files
from champion_assets.nse.synthetic.bundle import members
from champion_assets.nse.synthetic.derivatives import derivatives
from champion_assets.nse.synthetic.indices import IndexLevel
from champion_assets.nse.synthetic.indices import levels as index_levels
from champion_assets.nse.synthetic.market import Market, simulate
from champion_assets.nse.synthetic.market_lists import lists
from champion_assets.nse.synthetic.story import Company

LABEL = (
    "SYNTHETIC DATA. Every company, price and event in this folder is invented by Champion's synthetic exchange.\n"
    "The files imitate the formats and names of the National Stock Exchange of India; they hold none of its data.\n"
)


CORRECTED = ".republished"


@dataclass(frozen=True)
class Exchange:
    """What was written: the folder, its market, and the days of two special occasions."""

    folder: Path
    market: Market
    republished: dt.date
    late: dt.date

    @property
    def corrected(self) -> Path:
        """Where the republished versions lie, hidden from whoever reads the folder as a source."""
        return self.folder / CORRECTED


def write_exchange(folder: Path, calendar: SessionCalendar, start: dt.date, end: dt.date, seed: int) -> Exchange:
    """Write all files of the sessions from `start` to `end` below `folder`; equal arguments give equal bytes."""
    market = simulate(calendar, start, end, seed)
    count = len(market.sessions)
    exchange = Exchange(folder, market, market.sessions[count * 4 // 5], market.sessions[count * 9 // 10])
    _write(folder / "README.txt", LABEL.encode())
    indices = index_levels(
        market.sessions, calendar.previous_session(start) or start - dt.timedelta(days=1), market.index
    )
    for day, date in enumerate(market.sessions):
        rows = market.rows(day)
        for file, body in _day(rows, date, market, day, indices[day]):
            _write(folder / file.path, body)
        if date == exchange.republished:
            for file, body in _day(_corrected(rows), date, market, day, indices[day]):
                _write(exchange.corrected / file.path, body)
    for path, body in _reference_files(market):
        _write(folder / path, body)
    return exchange


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


def _day(
    rows: pl.DataFrame, date: dt.date, market: Market, day: int, levels: Mapping[str, IndexLevel]
) -> Iterator[tuple[NamedFile, bytes]]:
    if date >= FIRST_UDIFF:
        file = udiff_bhavcopy(date)
        body = files.udiff(rows, early=date < files.UDIFF_FINAL_HEADER_FROM)
    else:
        file, body = legacy_bhavcopy(date), files.legacy(rows, with_isin=date >= dt.date(2011, 6, 22))
    yield file, files.zipped(file.name.removesuffix(".zip"), body)
    yield delivery_file(date), files.delivery(rows.filter(~pl.col("series").is_in(["GS"])))
    yield index_close_file(date), files.index_close(date, levels)
    yield (
        action_bundles(date)[0],
        files.zipped(f"Bc{date:%d%m%y}.csv", _text(_bundle(market, day)), dict(members(market, day, rows))),
    )
    (first, text), *more = lists(market, day)
    name = f"lists_{date:%Y%m%d}.zip"
    yield NamedFile(name, f"lists/{name}"), files.zipped(first, text.encode(), dict(more))
    if (contracts := derivatives(market, day)) is not None:
        file, body = contracts
        yield file, files.zipped(file.name.removesuffix(".zip"), body)


def _bundle(market: Market, day: int) -> Iterator[str]:
    """The corporate actions that were known on a day.

    Those of the next 15 sessions and of the last 3, once per series.
    """
    yield "SERIES,SYMBOL,SECURITY,RECORD_DT,BC_STRT_DT,BC_END_DT,EX_DT,ND_STRT_DT,ND_END_DT,PURPOSE"
    for company in market.companies:
        for event in company.events:
            if -3 <= event.ex_session - day <= 15 and event.ex_session < len(market.sessions):
                ex_date = market.sessions[event.ex_session]
                symbol = company.renamed[1] if company.renamed and day >= company.renamed[0] else company.symbol
                for series in ("EQ", "BE"):
                    dates = f"{ex_date}, , ,{ex_date}, , "
                    yield f"{series},{symbol},{company.name[:20]},{dates},{event.purpose.upper()}   "


def _corrected(rows: pl.DataFrame) -> pl.DataFrame:
    """The re-issue: one quantity was wrong by a digit."""
    first = pl.int_range(pl.len()) == 0
    return rows.with_columns(
        volume=pl.when(first).then(pl.col("volume") + 1000).otherwise(pl.col("volume")),
        turnover=pl.when(first)
        .then((pl.col("turnover") + 1000 * pl.col("vwap")).round(2))
        .otherwise(pl.col("turnover")),
    )


_ACTIONS_HEADER = (
    "SYMBOL", "COMPANY NAME", "SERIES", "PURPOSE", "FACE VALUE", "EX-DATE", "RECORD DATE", "BOOK CLOSURE START DATE",
    "BOOK CLOSURE END DATE",
)  # fmt: skip


def _reference_files(market: Market) -> Iterator[tuple[str, bytes]]:
    sessions = market.sessions
    span = f"{sessions[0]:%d-%m-%Y}-to-{sessions[-1]:%d-%m-%Y}"
    yield f"content/corporate_actions/CF-CA-equities-{span}.csv", b"\xef\xbb\xbf" + _text(_corporate_actions(market))
    yield "content/equities/EQUITY_L.csv", _text(_equity_list(market))
    yield "content/equities/symbolchange.csv", _text(_symbol_changes(market))
    yield "content/indices/ind_nifty500list.csv", _text(_constituents(market))
    yield (
        f"content/indices/ind_nifty500list_{sessions[0]}.csv",
        _text(_constituents(market)),
    )  # as somebody saved it then
    yield "esg/fictional_provider.csv", _text(_esg_scores(market))
    yield "esg/fictional_provider.yaml", _ESG_MAPPING.encode()


def _text(lines: Iterator[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def _today(company: Company) -> tuple[str, str]:
    """Symbol and ISIN as of the end of the story: NSE's reference files know no other."""
    symbol = company.renamed[1] if company.renamed else company.symbol
    return symbol, company.isin_change[1] if company.isin_change else company.isin


def _shares(market: Market) -> Iterator[tuple[int, Company]]:
    return (
        (number, company) for number, company in enumerate(market.companies) if company.sector not in ("SME", "Fund")
    )


def _corporate_actions(market: Market) -> Iterator[str]:
    yield ",".join(f'"{column}"' for column in _ACTIONS_HEADER)
    for company in market.companies:
        for event in company.events:
            ex_date = f"{market.sessions[event.ex_session]:%d-%b-%Y}"
            fields = (
                _today(company)[0],
                company.name,
                "EQ",
                event.purpose,
                str(company.face_value),
                ex_date,
                ex_date,
                "-",
                "-",
            )
            yield ",".join(f'"{each}"' for each in fields)


def _equity_list(market: Market) -> Iterator[str]:
    yield "SYMBOL,NAME OF COMPANY, SERIES, DATE OF LISTING, PAID UP VALUE, MARKET LOT, ISIN NUMBER, FACE VALUE"
    for _, company in _shares(market):
        symbol, isin = _today(company)
        if company.listed_to is None:
            listed = f"{market.sessions[company.listed_from]:%d-%b-%Y}".upper()
            yield f"{symbol},{company.name},EQ,{listed},{company.face_value},1,{isin},{company.face_value}"


def _constituents(market: Market) -> Iterator[str]:
    yield "Company Name,Industry,Symbol,Series,ISIN Code"
    for _, company in _shares(market):
        symbol, isin = _today(company)
        if company.listed_to is None:
            yield f"{company.name},{company.sector},{symbol},EQ,{isin}"


_ESG_MAPPING = """# How the columns of this provider's files are meant; see docs/esg.md. SYNTHETIC, like the scores.
provider: fictional
product: ESG
files: fictional_provider*.csv
direction: higher_better
scale: [0, 100]
history: point_in_time
columns: {isin: isin, symbol: symbol, score: esg_score, rating_date: rating_date, available_from: available_from,
          environment: environment, social: social, governance: governance}
date_format: "%Y-%m-%d"
"""


def _symbol_changes(market: Market) -> Iterator[str]:
    for company in market.companies:
        if company.renamed:
            date = f"{market.sessions[company.renamed[0]]:%d-%b-%Y}".upper()
            yield f" {company.name},{company.symbol},{company.renamed[1]},{date}"


def _esg_scores(market: Market) -> Iterator[str]:
    yield "symbol,isin,rating_date,available_from,esg_score,environment,social,governance"
    for number, company in _shares(market):
        if number % 7 == 0:  # a provider never covers everything
            continue
        rated, known = company.listed_from, min(company.listed_from + 5, len(market.sessions) - 1)
        score = 30 + number * 37 % 61
        parts = ",".join(str((score + shift) % 100) for shift in (7, 13, 23))
        yield ",".join([*_today(company), str(market.sessions[rated]), str(market.sessions[known]), str(score), parts])
