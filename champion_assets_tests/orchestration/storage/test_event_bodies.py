"""Packed bodies of events: what was written stays readable, by both of the classes that a `dagster.yaml` may name."""

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from champion_assets.orchestration.dagster_home import instance_yaml
from champion_assets.orchestration.storage.event_bodies import NEWEST, pack, unpack

DICTIONARIES = {1: "5b544a751a2bd4a34b6bca5c9220f508a154203e7a2a871adbc41796d0182d94"}
GRID = dg.DailyPartitionsDefinition("2024-01-01", end_date="2024-03-01")


@dg.asset(partitions_def=GRID, backfill_policy=dg.BackfillPolicy.single_run())
def made(context: dg.AssetExecutionContext) -> None:
    for key in context.partition_keys:
        context.add_asset_metadata({"fingerprint": hashlib.sha256(key.encode()).hexdigest()}, partition_key=key)


@pytest.fixture(autouse=True)
def _batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "")
    monkeypatch.delenv("DAGSTER_EVENT_BATCH_SIZE")


def _instance(folder: Path, text: str) -> dg.DagsterInstance:
    folder.mkdir(exist_ok=True)
    (folder / "dagster.yaml").write_text(text)
    os.environ["DAGSTER_HOME"] = str(folder)
    return dg.DagsterInstance.from_config(str(folder))


def _run(instance: dg.DagsterInstance, start: str, end: str) -> None:
    tags = {"dagster/asset_partition_range_start": start, "dagster/asset_partition_range_end": end}
    assert dg.materialize([made], instance=instance, tags=tags).success


def _bodies(folder: Path) -> Iterator[tuple[str, Any]]:
    for file in (folder / "history/runs").glob("*.db"):
        with sqlite3.connect(file) as connection:
            yield from connection.execute("SELECT dagster_event_type, event FROM event_logs")


def test_a_dictionary_never_changes() -> None:
    folder = resources.files("champion_assets.orchestration.storage")
    for number, digest in DICTIONARIES.items():
        words = folder.joinpath(f"event_words.{number}.txt").read_bytes()
        assert hashlib.sha256(words).hexdigest() == digest, "add a dictionary of the next number instead"
        assert len(words) < 2**15  # beyond this DEFLATE does not see it
    assert max(DICTIONARIES) == NEWEST


@pytest.mark.parametrize("text", ["", "{}", '{"a": "\u20b9"}', "x" * 100_000])
def test_a_body_comes_back_as_it_was(text: str) -> None:
    assert unpack(pack(text)) == text
    assert unpack(text) == text


def test_a_body_of_a_later_version_says_so() -> None:
    with pytest.raises(ValueError, match=r"later version of Champion \(dictionary 250\)"):
        unpack(bytes([250]) + pack("{}")[1:])


def test_bodies_are_an_eighth_on_disk_and_the_same_in_every_answer(tmp_path: Path) -> None:
    plain = instance_yaml().replace("batch_size: 500", "batch_size: 500\n    pack_events: false")
    sizes, answers = {}, {}
    for name, text in {"packed": instance_yaml(), "plain": plain}.items():
        with _instance(tmp_path / name, text) as instance:
            _run(instance, "2024-01-05", "2024-02-05")
            records = instance.fetch_materializations(dg.AssetKey("made"), limit=500).records
            answers[name] = [(each.partition_key, each.asset_materialization.metadata) for each in records]  # type: ignore[union-attr]
        bodies = [body for kind, body in _bodies(tmp_path / name) if kind == "ASSET_MATERIALIZATION"]
        assert len(bodies) == 64
        assert {type(body) for body in bodies} == {bytes if name == "packed" else str}
        sizes[name] = sum(map(len, bodies))
    assert answers["packed"] == answers["plain"]
    assert len(answers["packed"]) == 32
    assert 6 * sizes["packed"] < sizes["plain"]


def test_a_log_may_hold_both_forms_and_dagsters_own_class_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    plain = instance_yaml().replace("batch_size: 500", "batch_size: 500\n    pack_events: false")
    for text, day in ((plain, "2024-01-05"), (instance_yaml(), "2024-01-06")):
        with _instance(home, text) as instance:
            _run(instance, day, day)
    monkeypatch.setattr(dg, "__version__", "1.14.0")
    with _instance(home, instance_yaml()) as instance:
        assert type(instance.event_log_storage).__name__ == "ShippedSqliteEventLog"
        assert instance.get_materialized_partitions(dg.AssetKey("made")) == {"2024-01-05", "2024-01-06"}
        kinds = {type(body) for _, body in _bodies(home)}
        assert kinds == {str, bytes}
        for run in instance.get_runs():
            assert len(instance.all_logs(run.run_id)) > 5
