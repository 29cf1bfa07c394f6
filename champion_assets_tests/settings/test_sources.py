"""Where settings come from, what is refused, and in which words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.common.errors import ConfigurationError
from champion_assets.settings import get_settings
from champion_assets.settings.environment import GROUPS, Settings
from champion_assets.settings.origins import origins
from champion_assets.settings.unknown import is_one_slip, unknown_variables, variable_names

USUAL = {
    "PATH": "/usr/bin",
    "HOME": "/home/me",
    "PYTHONPATH": "x",
    "LANG": "C.UTF-8",
    "HOSTNAME": "h",
    "AWS_PROFILE": "p",
    "AWS_REGION": "r",
    "AWS_SESSION_TOKEN": "t",
    "AWS_ENDPOINT_URL": "u",
    "MLFLOW_TRACKING_USERNAME": "u",
    "MLFLOW_TRACKING_TOKEN": "t",
    "MLFLOW_EXPERIMENT_ID": "1",
    "DAGSTER_HOME": "d",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "CLICKHOUSE_CONFIG": "c",
    "VIRTUAL_ENV": "v",
    "SHELL": "sh",
    "TERM": "xterm",
    "TMPDIR": "t",
    "USER": "u",
    "PWD": "p",
    "SSH_AUTH_SOCK": "s",
    "XDG_DATA_DIRS": "x",
    "OLDPWD": "o",
    "POLARS_MAX_THREADS": "2",
    "OMP_NUM_THREADS": "1",
    "PYTEST_CURRENT_TEST": "x",
    "EDITOR": "vi",
    "PAGER": "less",
    "CI": "true",
    "KUBERNETES_SERVICE_HOST": "k",
    "POSTGRES_PASSWORD": "p",
    "MINIO_ROOT_USER": "m",
    "DOCKER_HOST": "d",
    "JAVA_HOME": "j",
}


def _refusal() -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        get_settings()
    return str(caught.value).splitlines()


def test_a_usual_environment_holds_nothing_unknown() -> None:
    assert unknown_variables(USUAL | dict.fromkeys(variable_names(Settings), "x"), Settings) == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("WIEGHT_CAP", "WEIGHT_CAP"),
        ("WEIGT_CAP", "WEIGHT_CAP"),
        ("WEIGHT_CAPP", "WEIGHT_CAP"),
        ("REBALENCE", "REBALANCE"),
        ("CHAMPION_SORCE", "CHAMPION_SOURCE"),
        ("CHAMPION_STARTDATE", "CHAMPION_START_DATE"),
        ("CLICKHOUSE_HOTS", "CLICKHOUSE_HOST"),
        ("champion_sorce", "CHAMPION_SOURCE"),
    ],
)
def test_a_misspelt_variable_is_named_with_the_right_one(
    monkeypatch: pytest.MonkeyPatch, typed: str, meant: str
) -> None:
    monkeypatch.setenv(typed, "0.05")
    (sentence,) = _refusal()
    assert sentence.startswith(f"{typed}: there is no such setting; did you mean {meant}?")


@given(
    st.sampled_from(sorted(name for name in variable_names(Settings) if len(name) > 6)),
    st.integers(0, 40),
    st.sampled_from("ABXZ_"),
)
def test_every_single_slip_in_a_name_is_noticed(name: str, place: int, letter: str) -> None:
    place %= len(name) - 1
    known = set(variable_names(Settings))
    slips = {
        name[:place] + name[place + 1 :],
        name[:place] + letter + name[place:],
        name[:place] + letter + name[place + 1 :],
        name[:place] + name[place + 1] + name[place] + name[place + 2 :],
    }
    for typed in slips - known:
        assert is_one_slip(typed, name), (typed, name)
        assert unknown_variables({typed: "1"}, Settings), typed


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_number_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("RISK_AVERSION", value)
    monkeypatch.setenv("CASH_RATE", value)
    assert {sentence.split("=")[0] for sentence in _refusal()} == {"RISK_AVERSION", "CASH_RATE"}


@pytest.mark.parametrize(("variables", "words"), [
    ({"WEIGHT_FLOOR": "0.05", "WEIGHT_CAP": "0.025"}, "WEIGHT_FLOOR=0.05 is above WEIGHT_CAP=0.025"),
    ({"MIN_POSITION": "0.08"}, "MIN_POSITION=0.08 is above WEIGHT_CAP=0.07"),
    ({"MAX_NAMES": "10"}, "MAX_NAMES=10 at WEIGHT_CAP=0.07"),
    ({"WEIGHT_FLOOR": "0.01"}, "more than the whole portfolio"),
    ({"UNIVERSE_SIZE": "10"}, "10 names (UNIVERSE_SIZE, UNIVERSE) at WEIGHT_CAP=0.07 hold 0.7 at most"),
    ({"CHAMPION_END_DATE": "2015-01-01"}, "CHAMPION_END_DATE=2015-01-01 is before CHAMPION_START_DATE=2016-01-01"),
    ({"CHAMPION_LATE_AT": "17:00"}, "CHAMPION_LATE_AT=17:00:00 must be later than CHAMPION_PUBLISHED_AT=18:00:00"),
])  # fmt: skip
def test_pairs_that_cannot_hold_together_are_refused(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], words: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (sentence,) = _refusal()
    assert words in sentence


def test_every_fault_has_its_line_and_no_secret_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIGHT_CAP", "abc")
    monkeypatch.setenv("WIEGHT_CAP", "1")
    monkeypatch.setenv("CLICKHOUSE_PORT", "http://me:hidden@host")
    found = _refusal()
    assert len(found) == 3
    assert "hidden" not in "".join(found)


def test_the_environment_wins_over_env_file_and_these_over_champion_toml(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "champion.toml").write_text(
        '[strategy]\nweight_cap = 0.03\nrisk_aversion = 2.0\nexclude = ["INFY"]\n[lake]\ndata_dir = '
        '"here"\n[simulation]\nfill = "vwap"\n'
    )
    inner = tmp_path / "a" / "notebooks"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    (inner / ".env").write_text("RISK_AVERSION=3\nFILL=close\n")
    monkeypatch.setenv("FILL", "open")
    now = get_settings()
    assert (now.weight_cap, now.risk_aversion, now.fill, now.exclude) == (0.03, 3.0, "open", ("INFY",))
    assert now.data_dir == tmp_path / "here"
    where = {each.field: each.origin for each in origins(now)}
    assert where["weight_cap"] == str(tmp_path / "champion.toml")
    assert where["risk_aversion"] == f"{inner / '.env'}: RISK_AVERSION"
    assert where["fill"] == "environment variable FILL"
    assert where["objective"] == "default"


def test_a_process_in_any_folder_below_finds_the_same_lake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    inner = tmp_path / "a" / "notebooks"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert get_settings().data_dir == Path("data")
    get_settings.cache_clear()
    (tmp_path / "champion.toml").write_text("[strategy]\nrisk_aversion = 2.0\n")
    assert get_settings().data_dir == tmp_path / "data"
    assert (
        next(each.origin for each in origins(get_settings()) if each.field == "data_dir")
        == f"default, beside {tmp_path / 'champion.toml'}"
    )
    get_settings.cache_clear()
    (tmp_path / ".env").write_text("DATA_DIR=elsewhere\nCHAMPION_SOURCE=../nse\nFILL=vwap\n")
    now = get_settings()
    assert (now.data_dir, now.source, now.fill) == (tmp_path / "elsewhere", str(tmp_path / "../nse"), "vwap")


def test_a_misspelt_variable_in_env_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CHAMPION_SORCE=x\nPOSTGRES_PASSWORD=p\n")
    (sentence,) = _refusal()
    assert sentence.startswith("CHAMPION_SORCE: there is no such setting; did you mean CHAMPION_SOURCE?")


@pytest.mark.parametrize(("text", "words"), [
    ("[strategy]\nwieght_cap = 0.1\n", "[strategy] has no key wieght_cap; did you mean weight_cap?"),
    ("[strategy]\nuniverse_warmpu = 20\n", "has no key universe_warmpu; did you mean [universe] universe_warmup?"),
    ("[simulation]\nweight_cap = 0.1\n", "did you mean [strategy] weight_cap?"),
    ("[strateggy]\nweight_cap = 0.1\n", "there is no section [strateggy]"),
    ("weight_cap = 0.1\n", "there is no section [weight_cap]"),
    ("not toml", "not TOML"),
])  # fmt: skip
def test_what_champion_toml_has_too_much_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "champion.toml").write_text(text)
    assert words in "".join(_refusal())


def test_a_wrong_value_in_champion_toml_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "champion.toml").write_text("[strategy]\nweight_cap = 7\n")
    (sentence,) = _refusal()
    assert sentence.startswith("WEIGHT_CAP=7:")


def test_a_named_file_must_exist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHAMPION_CONFIG", str(tmp_path / "nowhere.toml"))
    assert "there is no such file" in "".join(_refusal())


def test_every_setting_has_a_group_and_is_shown_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLICKHOUSE_PASSWORD", "hidden")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:hidden@host")
    shown = origins(get_settings())
    assert sorted(each.field for each in shown) == sorted(Settings.model_fields)
    assert {each.group for each in shown} == set(GROUPS)
    assert not any("hidden" in each.value for each in shown)


def test_the_champion_toml_of_the_page_is_accepted(tmp_path: Path) -> None:
    (block,) = re.findall(
        r"^```toml\n(.*?)^```",
        (Path(__file__).parents[2] / "docs" / "settings.md").read_text(),
        re.DOTALL | re.MULTILINE,
    )
    (tmp_path / "champion.toml").write_text(block)
    now = get_settings()
    assert (now.data_dir, now.sector_cap, now.source) == (tmp_path / "data", 0.3, str(Path("~/nse").expanduser()))
