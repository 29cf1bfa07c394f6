"""The lake as a provider of OpenBB: historical prices, members of the Nifty 50, splits and dividends.

With `openbb-core` installed beside Champion (`pip install "champion-assets[openbb]"`) the entry point
`openbb_provider_extension` makes it the provider `champion`; the settings say where the lake is, as everywhere.

What belongs here: OpenBB's classes around rows. What does not: the rows (`openbb_rows.py`). This module can be imported
only where OpenBB is installed.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from openbb_core.provider.abstract.fetcher import Fetcher
from openbb_core.provider.abstract.provider import Provider
from openbb_core.provider.standard_models.equity_historical import EquityHistoricalData, EquityHistoricalQueryParams
from openbb_core.provider.standard_models.historical_dividends import (
    HistoricalDividendsData,
    HistoricalDividendsQueryParams,
)
from openbb_core.provider.standard_models.historical_splits import HistoricalSplitsData, HistoricalSplitsQueryParams
from openbb_core.provider.standard_models.index_constituents import (
    IndexConstituentsData,
    IndexConstituentsQueryParams,
)
from pydantic import Field

from champion_assets.operations.openbb_rows import Row, dividend_rows, member_rows, price_rows, split_rows
from champion_assets.quant.adjust import Level


class PriceQuery(EquityHistoricalQueryParams):
    """Prices of one or more symbols, separated by commas."""

    adjustment: Level = Field(default="capital", description="none, capital, capital_special or total_return.")


class PriceData(EquityHistoricalData):
    """A day of an instrument."""

    symbol: str = Field(description="Ticker on that date.")


class MemberQuery(IndexConstituentsQueryParams):
    """Members of an index on a day."""

    date: dt.date | None = Field(default=None, description="The day; the newest list if not given.")


class MemberData(IndexConstituentsData):
    """A member."""

    list_of: dt.date = Field(description="Day of the exchange's list.")


class PriceFetcher(Fetcher[PriceQuery, list[PriceData]]):
    """Historical prices."""

    require_credentials = False

    @staticmethod
    def transform_query(params: dict[str, Any]) -> PriceQuery:
        """The parameters, checked."""
        return PriceQuery(**params)

    @staticmethod
    def extract_data(query: PriceQuery, credentials: dict[str, str] | None, **kwargs: Any) -> list[Row]:
        """Rows of the lake."""
        symbols = [each.strip() for each in query.symbol.split(",") if each.strip()]
        return price_rows(symbols, query.start_date, query.end_date, query.adjustment)

    @staticmethod
    def transform_data(query: PriceQuery, data: list[Row], **kwargs: Any) -> list[PriceData]:
        """The rows as OpenBB's."""
        return [PriceData(**row) for row in data]


class MemberFetcher(Fetcher[MemberQuery, list[MemberData]]):
    """Members of the Nifty 50."""

    require_credentials = False

    @staticmethod
    def transform_query(params: dict[str, Any]) -> MemberQuery:
        """The parameters, checked."""
        return MemberQuery(**params)

    @staticmethod
    def extract_data(query: MemberQuery, credentials: dict[str, str] | None, **kwargs: Any) -> list[Row]:
        """Rows of the lake."""
        return member_rows(query.symbol, query.date)

    @staticmethod
    def transform_data(query: MemberQuery, data: list[Row], **kwargs: Any) -> list[MemberData]:
        """The rows as OpenBB's."""
        return [MemberData(**row) for row in data]


class SplitFetcher(Fetcher[HistoricalSplitsQueryParams, list[HistoricalSplitsData]]):
    """Splits, consolidations and bonuses."""

    require_credentials = False

    @staticmethod
    def transform_query(params: dict[str, Any]) -> HistoricalSplitsQueryParams:
        """The parameters, checked."""
        return HistoricalSplitsQueryParams(**params)

    @staticmethod
    def extract_data(
        query: HistoricalSplitsQueryParams,
        credentials: dict[str, str] | None,
        **kwargs: Any,
    ) -> list[Row]:
        """Rows of the lake."""
        return split_rows(query.symbol)

    @staticmethod
    def transform_data(
        query: HistoricalSplitsQueryParams,
        data: list[Row],
        **kwargs: Any,
    ) -> list[HistoricalSplitsData]:
        """The rows as OpenBB's."""
        return [HistoricalSplitsData(**row) for row in data]


class DividendFetcher(Fetcher[HistoricalDividendsQueryParams, list[HistoricalDividendsData]]):
    """Dividends and distributions."""

    require_credentials = False

    @staticmethod
    def transform_query(params: dict[str, Any]) -> HistoricalDividendsQueryParams:
        """The parameters, checked."""
        return HistoricalDividendsQueryParams(**params)

    @staticmethod
    def extract_data(
        query: HistoricalDividendsQueryParams,
        credentials: dict[str, str] | None,
        **kwargs: Any,
    ) -> list[Row]:
        """Rows of the lake."""
        return dividend_rows(query.symbol, query.start_date, query.end_date)

    @staticmethod
    def transform_data(
        query: HistoricalDividendsQueryParams,
        data: list[Row],
        **kwargs: Any,
    ) -> list[HistoricalDividendsData]:
        """The rows as OpenBB's."""
        return [HistoricalDividendsData(**row) for row in data]


PROVIDER = Provider(
    name="champion",
    description="NSE's end-of-day files from a lake of Champion: prices adjusted as known on a day, members, actions.",
    fetcher_dict={
        "EquityHistorical": PriceFetcher,
        "IndexConstituents": MemberFetcher,
        "HistoricalSplits": SplitFetcher,
        "HistoricalDividends": DividendFetcher,
    },
)
