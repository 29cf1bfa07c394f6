"""From the settings to a lake that answers.

What belongs here: which lake the settings name, where its cache lies, telling an empty lake from one that refuses, and
removing what killed writers left.
"""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path

import obstore.exceptions

from champion_assets.common.s3 import s3_options
from champion_assets.lake.cache import ObjectCache
from champion_assets.lake.errors import LakeRefused, LakeUnreachable
from champion_assets.lake.migrate import is_older
from champion_assets.lake.objects import TEMPORARY
from champion_assets.lake.store import Lake
from champion_assets.settings import Settings


def open_lake(settings: Settings, *, any_form: bool = False) -> Lake:
    """The lake that the settings name; `any_form` only for whoever moves a lake of the older form.

    Raises:
        LakeRefused: see `check`; or the lake is of the older form, one object per day.
        LakeUnreachable: see `check`.
    """
    root = settings.lake_root
    if root.startswith("s3://"):
        options = s3_options(settings)
        lake = Lake(root, options, open_cache(settings, root, options))
        check(lake)
    else:
        lake = Lake(root)
    if not any_form and is_older(lake):
        raise LakeRefused(
            f"{root} is a lake of the older form, one object per day; `champion migrate` converts it and can be undone"
        )
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
        lake.probe()
    except FileNotFoundError as error:
        if "NoSuchBucket" in str(error):
            raise LakeRefused(
                f"{lake.root}: there is no such bucket at {endpoint}; make it, or set CHAMPION_LAKE"
            ) from error
    except (obstore.exceptions.PermissionDeniedError, obstore.exceptions.UnauthenticatedError) as error:
        code = re.search(r"<Code>(\w+)</Code>", str(error))
        raise LakeRefused(
            f"{lake.root}: {endpoint} refuses ({code[1] if code else 'no right to read'}); see AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY and the rights of that key (read, write, list, delete)"
        ) from None  # the server's answer repeats what was signed
    except obstore.exceptions.GenericError as error:
        raise LakeUnreachable(
            f"{lake.root}: {endpoint} does not answer; look whether it runs (CHAMPION_S3_ENDPOINT)"
        ) from error


def remove_leftovers(lake: Lake, older_than_seconds: float = 3600.0) -> int:
    """Delete what killed writers left in the folder of temporary files on local disk; returns how many. S3 has none.

    Young ones are left alone: they may belong to a writer that lives.
    """
    folder = Path(lake.root, TEMPORARY)
    if not lake.is_local or not folder.is_dir():
        return 0
    limit, removed = time.time() - older_than_seconds, 0
    for path in folder.iterdir():
        try:
            if path.stat().st_mtime <= limit:
                path.unlink()
                removed += 1
        except FileNotFoundError:  # its writer has just finished
            continue
    return removed
