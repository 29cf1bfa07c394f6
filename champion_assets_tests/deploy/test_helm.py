"""deploy/helm/values.yaml: the Job of a run, built from it by dagster-k8s, is one that Kubernetes takes; secrets come
by reference."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._config import validate_config
from dagster_k8s import K8sRunLauncher
from dagster_k8s.container_context import K8sContainerContext
from dagster_k8s.job import (
    DagsterK8sJobConfig,
    UserDefinedDagsterK8sConfig,
    construct_dagster_k8s_job,
    get_user_defined_k8s_config,
)

from champion_assets.catalog import HISTORY_TABLES, TABLES
from champion_assets.lake.table import DailyTable, HistoryTable
from champion_assets.orchestration.kubernetes import KubernetesAbsent, executor_of, step_tags
from champion_assets.settings import Settings
from champion_assets_tests.helpers import ORDER
from champion_assets_tests.servers.run import ROOT

TELL = """
import json
from champion_assets.definitions import defs
job = defs.resolve_implicit_global_asset_job_def()
tags = {key: dict(job.asset_layer.get(key).assets_def.op.tags) for key in job.asset_layer.executable_asset_keys}
named = {"/".join(key.path): found for key, found in tags.items()}
print(json.dumps({"executor": job.executor_def.name, "tags": named}))
"""
VALUES: dict[str, Any] = yaml.safe_load((ROOT / "deploy/helm/values.yaml").read_text())


def _snake(value: Any, depth: int) -> Any:
    """Keys of the first levels as dagster-k8s spells them; what goes to Kubernetes as it is keeps its spelling."""
    if isinstance(value, dict) and depth:
        return {
            re.sub(r"(?<=[a-z])([A-Z0-9])", r"_\1", name).lower(): _snake(inner, depth - 1)
            for name, inner in value.items()
        }
    return value


def _launcher() -> dict[str, Any]:
    found: dict[str, Any] = VALUES["runLauncher"]["config"]["k8sRunLauncher"]
    names = {"runK8sConfig": "run_k8s_config", "envConfigMaps": "env_config_maps", "envSecrets": "env_secrets"}
    renamed = {names.get(key, key): value for key, value in found.items()}
    for key in ("env_config_maps", "env_secrets"):  # the chart passes their names
        renamed[key] = [each["name"] for each in renamed[key]]
    renamed["run_k8s_config"] = _snake(renamed["run_k8s_config"], 1)
    return renamed | {"instance_config_map": "dagster-instance", "dagster_home": "/opt/dagster"}


def _job(step: dict[str, Any] | None = None) -> dict[str, Any]:
    """The Job of a run, or with the tags of a step that of the step: merged as dagster-k8s' executor does."""
    launcher = _launcher()
    deployment = VALUES["dagster-user-deployments"]["deployments"][0]
    config = DagsterK8sJobConfig(
        job_image=f"{deployment['image']['repository']}:{deployment['image']['tag']}",
        dagster_home=launcher["dagster_home"],
        instance_config_map=launcher["instance_config_map"],
        postgres_password_secret=VALUES["global"]["postgresqlSecretName"],
        env_config_maps=launcher["env_config_maps"],
        env_secrets=launcher["env_secrets"],
        resources=launcher["resources"],
    )
    context = K8sContainerContext(run_k8s_config=UserDefinedDagsterK8sConfig.from_dict(launcher["run_k8s_config"]))
    user = context.merge(K8sContainerContext(run_k8s_config=get_user_defined_k8s_config(step or {}))).run_k8s_config
    job = construct_dagster_k8s_job(config, ["dagster", "api", "execute_run"], "champion-run", user)
    from kubernetes.client import ApiClient

    found: dict[str, Any] = ApiClient().sanitize_for_serialization(job)
    return found


def test_the_launcher_takes_the_configuration() -> None:
    result = validate_config(K8sRunLauncher.config_type(), _launcher())
    assert result.success, result.errors


def _validated(manifest: Path, jobs: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
    manifest.write_text(yaml.safe_dump_all(jobs))
    program = str(Path(sys.executable).with_name("kubernetes-validate"))
    return subprocess.run([program, "-k", "1.34", "--strict", str(manifest)], capture_output=True, text=True)


def test_kubernetes_takes_the_job_of_a_run(tmp_path: Path) -> None:
    done = _validated(tmp_path / "job.yaml", [_job()])
    assert done.returncode == 0, done.stdout + done.stderr
    broken = _job()
    broken["spec"]["template"]["spec"]["containers"][0]["resurces"] = {}
    assert _validated(tmp_path / "broken.yaml", [broken]).returncode != 0


def test_every_asset_asks_for_its_own_resources(tmp_path: Path) -> None:
    environment = os.environ | {"CHAMPION_EXECUTOR": "kubernetes", "DAGSTER_HOME": "", "DATA_DIR": str(tmp_path)}
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TELL], env=environment, check=True, capture_output=True
    )
    said = json.loads(found.stdout)
    assert said["executor"] == "k8s"
    assert said["tags"].keys() >= set(ORDER)
    jobs = {name: _job(tags) for name, tags in said["tags"].items()}
    asked = {name: job["spec"]["template"]["spec"]["containers"][0]["resources"] for name, job in jobs.items()}
    declared: dict[str, DailyTable | HistoryTable] = TABLES | {table.name: table for table in HISTORY_TABLES}
    for name, resources in asked.items():
        peak = declared[name].peak_megabytes
        assert peak is not None, name
        assert int(resources["requests"]["memory"].removesuffix("Mi")) >= peak, name
        assert int(resources["limits"]["memory"].removesuffix("Mi")) >= 2 * peak, name
    assert len({json.dumps(resources) for resources in asked.values()}) > 2, "all assets ask for the same"
    done = _validated(tmp_path / "steps.yaml", list(jobs.values()))
    assert done.returncode == 0, done.stdout + done.stderr


def test_without_kubernetes_a_step_says_nothing_of_it(settings: Settings) -> None:
    assert step_tags(331, settings) == {}
    assert executor_of(settings) is dg.in_process_executor


def test_kubernetes_without_its_software_says_what_to_install(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "dagster_k8s", None)
    with pytest.raises(KubernetesAbsent, match=r"champion\[k8s\]"):
        executor_of(settings.model_copy(update={"executor": "kubernetes"}))


def test_resources_and_secrets_by_reference() -> None:
    job = _job()
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["limits"] == {"cpu": "2", "memory": "4Gi"}
    references = [each["secretRef"]["name"] for each in container["envFrom"] if "secretRef" in each]
    assert references == ["champion-secrets"]
    given = [each["name"] for each in container["env"] if "value" in each]
    assert not [name for name in given if re.search("PASSWORD|SECRET|KEY|TOKEN", name)]


@pytest.mark.parametrize("word", ["password:", "secret_key", "AWS_SECRET_ACCESS_KEY:"])
def test_no_secret_stands_in_the_values(word: str) -> None:
    assert word not in json.dumps(VALUES)
