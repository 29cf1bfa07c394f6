"""Steps on Kubernetes: with CHAMPION_EXECUTOR=kubernetes every asset of a run gets a pod of its own, and what it needs.

What belongs here: the executor, and the memory and CPU of each asset's pod. What does not: the pods of runs and of the services
(deploy/helm/values.yaml).
"""

from __future__ import annotations

from typing import Any

import dagster as dg

from champion_assets.settings import Settings

PEAK_MEGABYTES = {
    "raw/bhavcopy": 331, "raw/delivery": 336, "raw/index_close": 205, "raw/index_constituents": 215, "raw/security_master": 205,
    "raw/corporate_actions": 324, "raw/esg_scores": 201, "bronze/bhavcopy": 266, "bronze/delivery": 253, "bronze/index_close": 205,
    "bronze/corporate_actions": 224, "silver/instruments": 458, "silver/equity_eod": 429, "silver/index_eod": 209,
    "silver/corporate_actions": 307, "silver/suspects": 298, "silver/esg_scores": 204, "checks/results": 636, "features/returns": 291,
    "features/universe": 378, "features/esg": 219, "features/expected_returns": 321, "features/covariance": 323,
    "portfolio/target_weights": 322, "portfolio/audit": 339, "backtest/daily": 566, "warehouse/duckdb": 1220,
    "backtest/tear_sheet": 566,
}  # fmt: skip
"""Peak memory of a process that builds five genuine years of the asset (docs/scale.md); the tear sheet's is that of the table it reads."""
OTHER_MEGABYTES = 1024
"""Of an asset that was not measured."""
HEADROOM = 2
"""A pod may take so many times its asset's measured peak before Kubernetes ends it."""


class KubernetesAbsent(ImportError):
    """CHAMPION_EXECUTOR=kubernetes without the software for it."""


def executor_of(settings: Settings) -> dg.ExecutorDefinition:
    """A run's assets one after another in its own process, or each in a pod.

    Raises:
        KubernetesAbsent: the extra `k8s` is not installed.
    """
    if settings.executor == "in_process":
        return dg.in_process_executor
    try:
        from dagster_k8s import k8s_job_executor
    except ImportError as error:
        raise KubernetesAbsent("CHAMPION_EXECUTOR=kubernetes needs dagster-k8s: install champion[k8s]") from error
    return k8s_job_executor


def step_tags(table: str, settings: Settings) -> dict[str, Any]:
    """What `dagster-k8s` reads of a step: requests and limits of its container. None of it if steps get no pods."""
    if settings.executor == "in_process":
        return {}
    peak = PEAK_MEGABYTES.get(table, OTHER_MEGABYTES)
    memory = -(-peak // 128) * 128
    resources = {"requests": {"cpu": "500m", "memory": f"{memory}Mi"}, "limits": {"cpu": "2", "memory": f"{HEADROOM * memory}Mi"}}
    return {"dagster-k8s/config": {"container_config": {"resources": resources}}}
