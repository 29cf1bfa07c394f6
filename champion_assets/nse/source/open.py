"""From the setting `CHAMPION_SOURCE` to a source.

What belongs here: telling the three kinds of source apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from champion_assets.common.address import Address
from champion_assets.common.errors import ConfigurationError
from champion_assets.nse.source.base import Source
from champion_assets.nse.source.bucket import BucketSource
from champion_assets.nse.source.folder import FolderSource
from champion_assets.nse.source.http import HttpSource


def open_source(
    location: Address | str,
    *,
    cache: Path | None,
    interval: float,
    s3: Callable[[str], Any],
    connections: int = 1,
    patience: float = 1.0,
) -> Source:
    """The source at `location`: `http(s)://…`, `s3://bucket/prefix` (opened with `s3`), `file://…` or a folder.

    Raises:
        FolderAbsent: the folder does not exist.
        ConfigurationError: a URL of another kind.
    """
    location = Address(location)
    scheme = location.partition("://")[0].lower() if "://" in location else ""
    if scheme in ("http", "https"):
        host = urlsplit(location.bare()).netloc
        turns = cache / f"turns-{hashlib.sha256(host.encode()).hexdigest()[:16]}" if cache else None
        return HttpSource(location, interval, connections, patience, turns)
    if scheme == "s3":
        return BucketSource(location, s3(location.rstrip("/")))
    if scheme == "file":
        return FolderSource(Path(unquote(urlsplit(location.reveal()).path)), cache)
    if scheme:
        raise ConfigurationError(f"CHAMPION_SOURCE: {location!r} is neither a folder, nor s3://, nor http(s)://")
    return FolderSource(Path(location), cache)
