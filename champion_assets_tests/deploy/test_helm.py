"""deploy/helm/values.yaml: the Job of a run, built from it by dagster-k8s, is one that Kubernetes takes; secrets come by reference."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster._config import validate_config
from dagster_k8s import K8sRunLauncher
from dagster_k8s.job import DagsterK8sJobConfig, UserDefinedDagsterK8sConfig, construct_dagster_k8s_job

from champion_assets_tests.servers.run import ROOT

VALUES: dict[str, Any] = yaml.safe_load((ROOT / "deploy/helm/values.yaml").read_text())


def _snake(value: Any, depth: int) -> Any:
    """Keys of the first levels as dagster-k8s spells them; what goes to Kubernetes as it is keeps its spelling."""
    if isinstance(value, dict) and depth:
        return {re.sub(r"(?<=[a-z])([A-Z0-9])", r"_\1", name).lower(): _snake(inner, depth - 1) for name, inner in value.items()}
    return value


def _launcher() -> dict[str, Any]:
    found: dict[str, Any] = VALUES["runLauncher"]["config"]["k8sRunLauncher"]
    names = {"runK8sConfig": "run_k8s_config", "envConfigMaps": "env_config_maps", "envSecrets": "env_secrets"}
    renamed = {names.get(key, key): value for key, value in found.items()}
    for key in ("env_config_maps", "env_secrets"):  # the chart passes their names
        renamed[key] = [each["name"] for each in renamed[key]]
    renamed["run_k8s_config"] = _snake(renamed["run_k8s_config"], 1)
    return renamed | {"instance_config_map": "dagster-instance", "dagster_home": "/opt/dagster"}


def _job() -> dict[str, Any]:
    launcher = _launcher()
    deployment = VALUES["dagster-user-deployments"]["deployments"][0]
    config = DagsterK8sJobConfig(
        job_image=f"{deployment['image']['repository']}:{deployment['image']['tag']}", dagster_home=launcher["dagster_home"],
        instance_config_map=launcher["instance_config_map"], postgres_password_secret=VALUES["global"]["postgresqlSecretName"],
        env_config_maps=launcher["env_config_maps"], env_secrets=launcher["env_secrets"], resources=launcher["resources"],
    )  # fmt: skip
    user = UserDefinedDagsterK8sConfig.from_dict(launcher["run_k8s_config"])
    job = construct_dagster_k8s_job(config, ["dagster", "api", "execute_run"], "champion-run", user)
    from kubernetes.client import ApiClient

    found: dict[str, Any] = ApiClient().sanitize_for_serialization(job)
    return found


def test_the_launcher_takes_the_configuration() -> None:
    result = validate_config(K8sRunLauncher.config_type(), _launcher())
    assert result.success, result.errors


def test_kubernetes_takes_the_job_of_a_run(tmp_path: Path) -> None:
    manifest = tmp_path / "job.yaml"
    manifest.write_text(yaml.safe_dump(_job()))
    program = str(Path(sys.executable).with_name("kubernetes-validate"))
    done = subprocess.run([program, "-k", "1.34", "--strict", str(manifest)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    broken = _job()
    broken["spec"]["template"]["spec"]["containers"][0]["resurces"] = {}
    manifest.write_text(yaml.safe_dump(broken))
    assert subprocess.run([program, "-k", "1.34", "--strict", str(manifest)], capture_output=True).returncode != 0


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
