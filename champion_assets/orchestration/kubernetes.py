"""Steps on Kubernetes: with CHAMPION_EXECUTOR=kubernetes every asset of a run gets a pod of its own, and what it needs.

What belongs here: the executor, and the memory and CPU of each asset's pod. What does not: the pods of runs and of the
services (deploy/helm/values.yaml).
"""

from __future__ import annotations

from typing import Any

import dagster as dg

from champion_assets.common.errors import ChampionError
from champion_assets.settings import Settings

OTHER_MEGABYTES = 1024
"""Of an asset that was not measured."""
HEADROOM = 2
"""A pod may take so many times its asset's measured peak before Kubernetes ends it."""


class KubernetesAbsent(ChampionError, ImportError):
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


def step_tags(peak_megabytes: int | None, settings: Settings) -> dict[str, Any]:
    """What `dagster-k8s` reads of a step, from the peak memory that its table declares.

    Nothing if steps get no pods.
    """
    if settings.executor == "in_process":
        return {}
    peak = OTHER_MEGABYTES if peak_megabytes is None else peak_megabytes
    memory = -(-peak // 128) * 128
    resources = {
        "requests": {"cpu": "500m", "memory": f"{memory}Mi"},
        "limits": {"cpu": "2", "memory": f"{HEADROOM * memory}Mi"},
    }
    return {"dagster-k8s/config": {"container_config": {"resources": resources}}}
