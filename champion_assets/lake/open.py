"""From the settings to a lake that answers.

What belongs here: which lake the settings name, where its cache lies, telling an empty lake from one that refuses, and removing
what killed writers left.
"""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path

import obstore
import obstore.exceptions

from champion_assets.common.s3 import s3_options
from champion_assets.lake.cache import ObjectCache
from champion_assets.lake.errors import LakeRefused, LakeUnreachable
from champion_assets.lake.store import Lake
from champion_assets.settings import Settings


def open_lake(settings: Settings) -> Lake:
    """The lake that the settings name."""
    root = settings.lake_root
    if not root.startswith("s3://"):
        return Lake(root)
    options = s3_options(settings)
    lake = Lake(root, options, open_cache(settings, root, options))
    check(lake)
    return lake


def open_cache(settings: Settings, root: str, options: dict[str, str]) -> ObjectCache | None:
    """The folder of copies of the remote lake at `root`, unless the settings want none; each lake has its own."""
    if not settings.lake_cache_gb:
        return None
    name = hashlib.sha256(f"{options.get('aws_endpoint_url', '')} {root}".encode()).hexdigest()[:16]
    return ObjectCache(settings.data_dir / "cache" / "lake" / name, int(settings.lake_cache_gb * 1e9))


def check(lake: Lake) -> None:
    """One request that tells an absent bucket, wrong keys and a dead server from an empty lake.

    Raises:
        LakeRefused: the first two.
        LakeUnreachable: the third.
    """
    endpoint = lake.storage_options.get("aws_endpoint_url", "AWS")
    try:
        obstore.get(lake.objects, ".champion")
    except FileNotFoundError as error:
        if "NoSuchBucket" in str(error):
            raise LakeRefused(f"{lake.root}: there is no such bucket at {endpoint}; make it, or set CHAMPION_LAKE") from error
    except (obstore.exceptions.PermissionDeniedError, obstore.exceptions.UnauthenticatedError) as error:
        code = re.search(r"<Code>(\w+)</Code>", str(error))
        raise LakeRefused(
            f"{lake.root}: {endpoint} refuses ({code[1] if code else 'no right to read'}); see AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY and the rights of that key (read, write, list, delete)"
        ) from None  # the server's answer repeats what was signed
    except obstore.exceptions.GenericError as error:
        raise LakeUnreachable(f"{lake.root}: {endpoint} does not answer; look whether it runs (CHAMPION_S3_ENDPOINT)") from error


def remove_leftovers(lake: Lake, older_than_seconds: float = 3600.0) -> int:
    """Delete temporary files of killed writers (`name#1`) on local disk; returns how many. S3 has none.

    Young ones are left alone: they may belong to a writer that lives.
    """
    if not lake.is_local:
        return 0
    limit, removed = time.time() - older_than_seconds, 0
    for path in Path(lake.root).rglob("*#*"):
        try:
            if path.name.rsplit("#", 1)[1].isdigit() and path.stat().st_mtime <= limit:
                path.unlink()
                removed += 1
        except FileNotFoundError:  # its writer has just finished
            continue
    return removed
