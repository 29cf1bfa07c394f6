"""ClickHouse over its native protocol (clickhouse-driver): connecting, and what its errors mean.

What belongs here: a connection from the settings, and errors that say what to do. What does not: any table
(`warehouse/`). The driver is imported when it is needed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from champion_assets.common.errors import HelperUnavailable
from champion_assets.lake.errors import BuildError
from champion_assets.settings import Settings

HTTP_PORTS = {8123: 9000, 8443: 9440}
"""Ports of the HTTP interface, and the native ones that people mean."""
REFUSED = {
    192: "no such user",
    194: "wrong password",
    516: "wrong user or password",
    497: "the user lacks a right",
    700: "user refused",
}
GONE_TABLE = 60
CONNECT_SECONDS = 10
"""To connect and to be greeted: a server that takes connections and says nothing must not cost CLICKHOUSE_TIMEOUT."""


class ClickHouseUnreachable(HelperUnavailable, ConnectionError):
    """ClickHouse did not answer, or the connection broke; trying again may help."""


class ClickHouseRefused(BuildError, HelperUnavailable):
    """ClickHouse answered, and will not do it; the message says why and what to do."""


@contextmanager
def clickhouse(settings: Settings, *, columns: bool = False, database: bool = True) -> Iterator[Any]:
    """A client of the ClickHouse server.

    Args:
        settings: address and credentials.
        columns: True to send NumPy columns.
        database: False before the database exists.

    Raises:
        ClickHouseUnreachable: no server answers, or no longer.
        ClickHouseRefused: an HTTP port, wrong credentials, or a statement that the server refuses.
    """
    from clickhouse_driver import Client, errors

    logging.getLogger("clickhouse_driver").setLevel(logging.ERROR)  # what it warns of is raised here, with what to do
    host, port = settings.clickhouse_host, settings.clickhouse_port
    if port in HTTP_PORTS:
        raise ClickHouseRefused(
            f"CLICKHOUSE_PORT={port} is ClickHouse's HTTP port; Champion speaks the native protocol, "
            f"whose port is {HTTP_PORTS[port]} unless the server says otherwise"
        )
    client = Client(
        host, port=port, user=settings.clickhouse_user, password=settings.clickhouse_password.get_secret_value(),
        database=settings.clickhouse_database if database else "", secure=settings.clickhouse_secure,
        ca_certs=str(settings.clickhouse_ca) if settings.clickhouse_ca else None, connect_timeout=CONNECT_SECONDS,
        send_receive_timeout=CONNECT_SECONDS, client_name="champion",
        settings={"use_numpy": columns, "max_partitions_per_insert_block": 0, "insert_allow_materialized_columns": 1},
    )  # fmt: skip
    try:
        client.connection.connect()
        client.connection.send_receive_timeout = settings.clickhouse_timeout  # for what is asked from now on
        client.connection.socket.settimeout(settings.clickhouse_timeout)
        yield client
    except errors.ServerException as error:
        raise _named(error, settings) from error
    except (errors.UnexpectedPacketFromServerError, errors.UnknownPacketFromServerError) as error:
        raise ClickHouseRefused(
            f"{host}:{port} does not speak ClickHouse's native protocol (usually 9000, 9440 with TLS): {error}"
        ) from error
    except (errors.Error, OSError, EOFError) as error:
        words = " ".join(str(error).split()) or type(error).__name__
        raise ClickHouseUnreachable(
            f"ClickHouse at {host}:{port} does not answer ({words}); look whether it runs "
            "(CLICKHOUSE_HOST, CLICKHOUSE_PORT, CLICKHOUSE_SECURE), then repeat"
        ) from error
    finally:
        client.disconnect()


def _named(error: Any, settings: Settings) -> Exception:
    where = f"ClickHouse at {settings.clickhouse_host}:{settings.clickhouse_port}"
    if error.code in REFUSED:
        return ClickHouseRefused(
            f"{where}: {REFUSED[error.code]} ({settings.clickhouse_user}); see CLICKHOUSE_USER, CLICKHOUSE_PASSWORD"
        )
    if error.code == GONE_TABLE and "loading_" in str(error):
        return ClickHouseUnreachable(
            f"{where}: another load took this one for dead and took its place; repeat ({_first_line(error)})"
        )
    return ClickHouseRefused(f"{where} refuses (code {error.code}): {_first_line(error)}")


def _first_line(error: Any) -> str:
    return str(error.message).split(". Stack trace", 1)[0].split("\n", 1)[0][:1000]
