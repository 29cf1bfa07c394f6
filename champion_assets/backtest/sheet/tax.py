"""Capital gains tax by financial year, where TAX asks for it.

What belongs here: rows of `backtest/tax` as a table. What does not: the tax (`backtest/tax.py`,
`nse/capital_gains.py`).
"""

from __future__ import annotations

from champion_assets.backtest.sheet.measured import Figures
from champion_assets.backtest.tax import by_year
from champion_assets.backtest.tear_sheet_details import Details
from champion_assets.pages.blocks import Block, Cell, Column, Table, Text
from champion_assets.pages.units import percent


def tax_blocks(details: Details, stored: Figures) -> list[Block]:
    """The tax of an Indian resident; nothing without TAX."""
    if details.taxes is None:
        return []
    columns = [
        Column("Financial year", is_number=False),
        Column("Short-term gains", "rupees"),
        Column("Long-term gains", "rupees"),
        Column("Untaxed by the allowance", "rupees"),
        Column("Losses set off", "rupees"),
        Column("Tax", "rupees, cess included"),
    ]
    rows = [
        [Cell(f"{year - 1}–{year % 100:02d}", year), *(Cell(f"{amount:,.0f}", amount) for amount in amounts)]
        for year, *amounts in by_year(details.taxes).iter_rows()
    ]
    text = (
        f"Growth was {percent(stored.get('cagr'))} a year before and "
        f"{percent(stored.get('cagr_after_tax'))} a year after the capital "
        "gains tax of an individual resident in India. It is a line beside the account and is not paid "
        "out of it; what is not "
        "sold is not taxed, at the end of the history neither. All other figures of this page are before tax."
    )
    return [Text(text), Table("tax-table", columns, rows, "Capital gains tax by financial year")]
