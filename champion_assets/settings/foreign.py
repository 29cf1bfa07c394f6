"""Variables of other libraries that would change a result: refused by name.

What belongs here: telling them from the harmless ones. What does not: variables of ours (`unknown.py`), and Pandera's
switches, which `lake/schema.py` overrules. Read for this list: Polars, Pandera, DuckDB, PyArrow, MLflow, Dagster,
obstore, clickhouse-driver. DuckDB reads none, PyArrow is not used, Dagster's and MLflow's change no number in the lake.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_POLARS = "POLARS_"
_HARMLESS = re.compile(
    r"POLARS_(MAX_THREADS|FMT_\w+|TABLE_WIDTH|VERBOSE\w*|WARN_\w+|\w*TEMP_DIR|\w*HTTP\w*|OOC_\w+|OOMKILL_\w+"
    r"|OVERRIDE_TOTAL_MEMORY_MB|DOWNLOAD_\w+|UPLOAD_\w+|PARTITIONED_UPLOAD_\w+|CLOUD_\w+|\w*CONCURREN\w*|\w*PREFETCH\w*"
    r"|INFLIGHT_\w+|MAX_BLOCKING_THREAD_COUNT|SKIP_CPU_CHECK|THP|NUMA_\w+|TIMEOUT_MS|DISABLE_PYTHON_CREDENTIAL_CACHING"
    r"|CREDENTIAL_\w+|AUTO_USE_AZURE\w*|DOT_SVG_VIEWER|HYPOTHESIS_PROFILE|\w*FILE_CACHE\w*)"
)
"""Threads, memory, network, printing. Whatever else Polars knows may change an order, a type or the bytes of a file."""
_SAME_AS_UNSET: Mapping[str, frozenset[str]] = {"POLARS_ENGINE_AFFINITY": frozenset({"auto", "in-memory"})}
_DEPTH, _DEPTHS = "PANDERA_VALIDATION_DEPTH", ("SCHEMA_ONLY", "DATA_ONLY", "SCHEMA_AND_DATA")


def refused_variables(environment: Mapping[str, str | None]) -> list[str]:
    """One sentence for each variable that would change how Polars computes or writes, or that Pandera cannot read.

    Args:
        environment: variables with their values; empty ones count as not set.

    Example:
        >>> refused_variables({"POLARS_MAX_THREADS": "2", "POLARS_ENGINE_AFFINITY": "auto"})
        []
    """
    found = []
    for name, value in sorted(environment.items()):
        if not value:
            continue
        if name.startswith(_POLARS) and not _HARMLESS.fullmatch(name) and value not in _SAME_AS_UNSET.get(name, ()):
            found.append(f"{name}: changes how Polars computes or writes, and so what ends in the lake; unset it")
        elif name == _DEPTH and value not in _DEPTHS:
            found.append(f"{name}: Pandera knows only {', '.join(_DEPTHS)}; unset it, all checks run whatever it says")
    return found
