"""Views of the warehouses: prices adjusted to the newest day, one view a level, in either SQL.

What belongs here: `adj(t) = raw(t) * product of f over the ex-sessions after t` as SQL (see `quant/adjust.py`, which
also knows other days than the newest), and the closes of the session before by the factor of that session
(`prior_factor`, see `quant/prior.py`). Where the corporate actions of a session after t were never read the factor is
NULL and so are the adjusted prices: `research.prices` refuses there.

`is_complete` and `doubt` say, as in `research.prices`, whether something is in doubt after t, and the first such thing
(see `quant/doubts.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from champion_assets.quant.adjust import LEVELS, PRICES, QUANTITIES, Level
from champion_assets.quant.prior import PRIOR

Dialect = Literal["duckdb", "clickhouse"]
PRODUCT = {"duckdb": "product({}) {}", "clickhouse": "arrayProduct(groupArray({}) {})"}
"""Of a column, over a window or none."""
TOGETHER = {
    "duckdb": "string_agg(DISTINCT {0}, '; ' ORDER BY {0})",
    "clickhouse": "arrayStringConcat(arraySort(groupUniqArray({0})), '; ')",
}
"""Of a text column, each text once, in order."""
WITHOUT = {"duckdb": "EXCLUDE", "clickhouse": "EXCEPT"}
NO_MATCH = {"duckdb": "coalesce({}, 1.0)", "clickhouse": "if(ifNull({0}, 0) = 0, 1.0, {0})"}
"""An unmatched row of an outer join is NULL in DuckDB, zero or NULL in ClickHouse (`join_use_nulls`); no factor is
zero."""


def in_dialect(sql: str, dialect: Dialect) -> str:
    """`stage.table` as the warehouse names it: a schema in DuckDB, a prefix in ClickHouse."""
    if dialect == "clickhouse":
        for stage in ("silver", "features", "portfolio", "backtest", "checks", "raw"):
            sql = sql.replace(f"{stage}.", f"{stage}_")
    return sql


def create_views(execute: Callable[[str], object], dialect: Dialect) -> None:
    """Make or replace `silver.prices_<level>`."""
    for level in LEVELS[1:]:
        execute(in_dialect(prices_view(level, dialect), dialect))


def prices_view(level: Level, dialect: Dialect) -> str:
    """CREATE VIEW of a level."""
    product, no_match = PRODUCT[dialect], NO_MATCH[dialect]
    backwards = (
        "OVER (PARTITION BY instrument_id ORDER BY ex_session DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    )
    prices = [f"{name} * factor AS adj_{name}" for name in PRICES]
    prices += [f"{name} * prior_factor AS adj_{name}" for name in PRIOR]
    quantities = [f"{name} * share_factor AS adj_{name}" for name in QUANTITIES]
    covered = "p.trade_date >= (SELECT last FROM uncovered)"
    before = "CAST(coalesce(p.prior_date, p.trade_date - INTERVAL 1 DAY) AS DATE)"
    is_sure = (
        "p.before_date >= (SELECT last FROM uncovered) AND (nullIf(e.words, '') IS NULL OR e.ex_session > p.trade_date)"
    )
    levels = ", ".join(f"'{each}'" for each in LEVELS[1 : LEVELS.index(level) + 1])
    last = "CAST((SELECT last FROM uncovered) AS VARCHAR)"
    unknown = f"'unknown across ' || {last} || ': no source of corporate actions was read for it'"
    return f"""CREATE OR REPLACE VIEW silver.prices_{level} AS
WITH known AS (
  SELECT instrument_id, ex_session, f_{level} AS f, q,
         trade_date = max(trade_date) OVER (PARTITION BY instrument_id, ex_date) AS is_newest
  FROM silver.corporate_actions
  WHERE ex_date <= (SELECT max(trade_date) FROM silver.equity_eod)
), days AS (
  SELECT instrument_id, ex_session, {product.format("f", "")} AS f, {product.format("q", "")} AS q
  FROM known WHERE is_newest GROUP BY instrument_id, ex_session
), after AS (
  SELECT instrument_id, ex_session, {product.format("f", backwards)} AS f_after,
    {product.format("q", backwards)} AS q_after
  FROM days
), uncovered AS (
  SELECT coalesce(max(trade_date), DATE '1970-01-01') AS last FROM silver.equity_eod
  WHERE trade_date NOT IN (SELECT trade_date FROM raw.corporate_actions)
), told AS (
  SELECT instrument_id, ex_session, trade_date, level, doubt,
         doubt || ' across ' || CAST(ex_session AS VARCHAR) || ': ' || reason AS text,
         max(CASE WHEN doubt = 'settled' THEN trade_date ELSE DATE '1970-01-01' END)
           OVER (PARTITION BY instrument_id, ex_session) AS settled_on
  FROM silver.doubts
), doubtful AS (
  SELECT instrument_id, ex_session, {TOGETHER[dialect].format("text")} AS words
  FROM told WHERE doubt <> 'settled' AND trade_date >= settled_on AND level IN ({levels})
  GROUP BY instrument_id, ex_session
)
SELECT * {WITHOUT[dialect]} (before_date, is_sure), {", ".join([*prices, *quantities])}
FROM (
  SELECT p.*, CASE WHEN p.is_sure THEN {no_match.format("b.f_after")} END AS prior_factor
  FROM (
    SELECT p.*, {is_sure} AS is_sure
    FROM (
      SELECT p.*, CAST(nullIf(d.words, '') IS NULL AND {covered} AS BOOLEAN) AS is_complete,
             coalesce(nullIf(d.words, ''), CASE WHEN NOT {covered} THEN {unknown} END) AS doubt
      FROM (
        SELECT p.*, CASE WHEN {covered} THEN {no_match.format("a.f_after")} END AS factor,
               CASE WHEN {covered} THEN {no_match.format("a.q_after")} END AS share_factor, {before} AS before_date
        FROM silver.equity_eod AS p
        ASOF LEFT JOIN after AS a ON p.instrument_id = a.instrument_id AND p.trade_date < a.ex_session
      ) AS p
      ASOF LEFT JOIN doubtful AS d ON p.instrument_id = d.instrument_id AND p.trade_date < d.ex_session
    ) AS p
    ASOF LEFT JOIN doubtful AS e ON p.instrument_id = e.instrument_id AND p.before_date < e.ex_session
  ) AS p
  ASOF LEFT JOIN after AS b ON p.instrument_id = b.instrument_id AND p.before_date < b.ex_session
)"""
