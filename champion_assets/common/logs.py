"""Structured logs: one JSON object a line in DATA_DIR/logs/champion.jsonl, with run, asset and partitions.

What belongs here: the logger. Dagster's own log has the same words for people; this file is for machines and for the
time when Dagster's database is gone.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from champion_assets.common.redaction import redacted


class LogSettings(Protocol):
    """The setting that this module reads, so that it need not know where settings come from."""

    @property
    def data_dir(self) -> Path:
        """The folder that `logs/` lies in."""
        ...


def log(settings: LogSettings) -> Any:
    """The logger of some settings: `log(settings).info("event", key=value)`.

    Args:
        settings: where the log is and what it contains.
    """
    return _logger((settings.data_dir / "logs" / "champion.jsonl").resolve())


def _clean(_logger: Any, _method: str, line: Any) -> str:
    return redacted(line)


@lru_cache(maxsize=16)
def _logger(path: Path) -> Any:
    import structlog

    path.parent.mkdir(parents=True, exist_ok=True)
    stream = path.open("a", buffering=1, encoding="utf-8")  # a line a write: lines of several processes do not mix
    return structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True),
                    structlog.processors.JSONRenderer(sort_keys=True, default=str), _clean],
        wrapper_class=structlog.BoundLogger,
    )  # fmt: skip
