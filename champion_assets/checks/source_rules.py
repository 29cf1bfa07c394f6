"""Checks of the files themselves: containers, dates, versions, headers, widths, calendar, completeness.

What belongs here: B1-B5, X11, X16 (which files of the day list which names). X9 is no rule here: a session without its
file is no day, and a file of a closed day fails that day in `raw/bhavcopy`. A bhavcopy that is not what it should be
never becomes a day (its reader raises), so its rules pass wherever a day exists; delivery and index files may be
refused, and the rule that refused them fails here.
"""

from __future__ import annotations

import polars as pl

from champion_assets.checks import thresholds as limits
from champion_assets.checks.rules import KEY, PRICES, SHOWN, Context, Rule, in_paise, measured, offenders
from champion_assets.nse.schema import EQUITY_SERIES

DAILY_FILES = ("raw/bhavcopy", "raw/delivery", "raw/index_close")
FILE_RULES = {
    "container": ("B1", "The bytes are the requested file, complete: no HTML page, no Excel workbook, not truncated."),
    "row_date": ("B2", "All rows are dated with the requested day."),
    "header": ("B4", "The header line is one of the registered formats."),
    "row_width": ("B5", "Every row has as many fields as the header, and every field fits its column's type."),
}


def _refused(asset: str, rule: str):  # type: ignore[no-untyped-def]  # a closure for Rule.evaluate
    def evaluate(context: Context) -> pl.DataFrame:
        return offenders(
            context,
            context.quarantined(asset).filter(pl.col("rule") == rule),
            pl.format("{}: {}", "who", pl.col("reason").str.head(200)),
        )

    return evaluate


def _versions(asset: str):  # type: ignore[no-untyped-def]
    def evaluate(context: Context) -> pl.DataFrame:
        files = context.inputs.read(asset, ["trade_date", "sha256", "is_current", "name"])
        return offenders(
            context, files.filter(~pl.col("is_current")), pl.format("{} {}", "name", pl.col("sha256").str.head(12))
        )

    return evaluate


def _by_bundle(context: Context) -> pl.DataFrame:
    """Who traded by the PR bundle: trade_date, symbol, series, volume, file.

    A bundle whose volumes are mostly not the bhavcopy's is of another day and no witness. For some days after a rename
    bundles have the old symbol: a name with the volume and close of a row that the bundle lacks is that row.
    """
    same = (
        context.bundle.join(context.bhavcopy, on=KEY)
        .group_by("trade_date")
        .agg(share=(pl.col("volume") == pl.col("volume_right")).mean())
    )
    days = same.filter(pl.col("share") >= limits.BUNDLE_AGREES)["trade_date"]
    unlisted = context.bhavcopy.join(context.bundle, on=KEY, how="anti")
    rows = context.bundle.filter(pl.col("trade_date").is_in(days.implode()))
    return rows.join(unlisted, on=["trade_date", "series", "volume", "close"], how="anti").select(
        *KEY, "volume", "file"
    )


def _by_delivery(context: Context) -> pl.DataFrame:
    """Who traded by the delivery file: trade_date, symbol, series, volume, file.

    Those of 2002 tell only what was delivered.
    """
    rows = context.delivery.join(context.delivery_files, on="trade_date")
    return rows.select(*KEY, pl.coalesce("volume", "delivery_qty").alias("volume"), "file")


def _bhavcopy_complete(context: Context) -> pl.DataFrame:
    """Names that another file of the day lists with volume and the bhavcopy lacks: the bhavcopy is cut off."""
    listed = pl.concat([_by_delivery(context), _by_bundle(context)])
    traded = listed.filter(pl.col("series").is_in(EQUITY_SERIES) & (pl.col("volume") > 0))
    absent = traded.join(context.bhavcopy, on=KEY, how="anti").sort("file", *KEY)
    told = (
        absent.group_by("trade_date", "file", maintain_order=True)
        .agg(rows=pl.len().cast(pl.Int64), names=pl.format("{} {}", "symbol", "series").head(SHOWN).str.join(", "))
        .group_by("trade_date", maintain_order=True)
        .agg(
            pl.col("rows").max(),
            sample=pl.format("{} lists {} traded names that the bhavcopy lacks: {}", "file", "rows", "names").str.join(
                "; "
            ),
        )
    )
    every = context.days.select("trade_date").join(told, on="trade_date", how="left", maintain_order="left")
    return every.select(
        "trade_date",
        failed=pl.col("rows").is_not_null(),
        value=pl.col("rows").fill_null(0).cast(pl.Float64),
        rows=pl.col("rows").fill_null(0),
        sample=pl.col("sample").fill_null(""),
    )


def _delivery_listed(context: Context) -> pl.DataFrame:
    listed = context.delivery.select("trade_date", "symbol", "series", listed=pl.lit(value=True)).unique()
    joined = context.equity.join(listed, on=["trade_date", "symbol", "series"], how="left")
    share = joined.group_by("trade_date").agg(value=pl.col("listed").fill_null(value=False).mean())
    has_file = context.delivery["trade_date"].unique().implode()
    return measured(
        context,
        share.filter(pl.col("trade_date").is_in(has_file)),
        pl.col("value") < limits.DELIVERY_LISTED,
        pl.format("only {} % of the rows", (pl.col("value") * 100).round(1)),
    )


def _delivery_agrees(context: Context) -> pl.DataFrame:
    return _differences(context, context.equity, context.delivery, ["volume", *PRICES])


def _bundle_agrees(context: Context) -> pl.DataFrame:
    return _differences(context, context.bhavcopy, context.bundle, ["volume", "close"])


def _differences(context: Context, rows: pl.DataFrame, other: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Rows whose values are not those that another file of the day states; what it does not state is not compared."""
    joined = rows.join(other.select(*KEY, pl.col(columns).name.prefix("other_")), on=KEY)
    unlike = [pl.col(f"other_{name}").ne(pl.col(name).fill_null(-1)) for name in columns]
    sample = pl.concat_str(
        pl.col("symbol"),
        *(
            pl.when(each).then(
                pl.format(f" {name} {{}} against {{}}", pl.col(name).cast(pl.String).fill_null("none"), f"other_{name}")
            )
            for name, each in zip(columns, unlike, strict=True)
        ),
        ignore_nulls=True,
    )
    return offenders(context, joined.filter(pl.any_horizontal(unlike)), sample)


def _control_total(context: Context) -> pl.DataFrame:
    members = context.index.filter(pl.col("index_id") == "nifty_500").select("trade_date", members="turnover")
    everything = context.equity.group_by("trade_date").agg(everything=in_paise(pl.col("turnover")).sum())
    share = members.join(everything, on="trade_date").select(
        "trade_date", value=pl.col("members") * 100 / pl.col("everything")
    )
    return measured(
        context,
        share,
        (pl.col("value") < limits.INDEX_SHARE_LOW) | (pl.col("value") > limits.INDEX_SHARE_HIGH),
        pl.format("the index file's turnover is {} of the bhavcopy's", pl.col("value").round(3)),
    )


RULES = [
    *(
        Rule(
            f"{name}_{asset.split('/')[1]}",
            rule,
            asset,
            "block" if asset == "raw/bhavcopy" else "quarantine",
            says,
            _refused(asset, rule),
        )
        for asset in DAILY_FILES
        for name, (rule, says) in FILE_RULES.items()
    ),
    *(
        Rule(
            f"republished_{asset.split('/')[1]}",
            "B3",
            asset,
            "warn",
            "NSE did not publish another version of the day's file.",
            _versions(asset),
        )
        for asset in DAILY_FILES
    ),
    Rule(
        "control_total",
        "X11",
        "silver/index_eod",
        "warn",
        "The Nifty 500's turnover in the index file is 0.5 to 1.01 times that of all shares in the bhavcopy.",
        _control_total,
    ),
    Rule(
        "bhavcopy_complete",
        "X16",
        "silver/equity_eod",
        "block",
        "The bhavcopy contains every security that another file of the day lists with volume.",
        _bhavcopy_complete,
    ),
    Rule(
        "delivery_complete",
        "X16",
        "bronze/delivery",
        "quarantine",
        "The delivery file lists at least 95 % of the day's rows. If not, it is not used.",
        _delivery_listed,
    ),
    Rule(
        "bundle_agrees",
        "X16",
        "bronze/bundle_prices",
        "warn",
        "Volumes and closing prices of the PR bundle equal those of the bhavcopy.",
        _bundle_agrees,
    ),
    Rule(
        "delivery_agrees",
        "X16",
        "bronze/delivery",
        "warn",
        "Volumes and prices of the delivery file equal those of the bhavcopy.",
        _delivery_agrees,
    ),
]
