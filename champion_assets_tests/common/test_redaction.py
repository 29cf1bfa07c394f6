"""Words of other libraries lose their secrets before anybody writes them; what is no secret stays as it is."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from champion_assets.common import redaction
from champion_assets.common.redaction import install, redacted, remember


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    known, pattern, made = set(redaction._known), list(redaction._pattern), logging.getLogRecordFactory()
    yield
    redaction._known.clear()
    redaction._known.update(known)
    redaction._pattern[:] = pattern
    logging.setLogRecordFactory(made)


def test_credentials_of_any_url_are_taken_out() -> None:
    assert (
        redacted("no answer from postgresql://me:w@db/x and http://tok@h/y")
        == "no answer from postgresql://***@db/x and http://***@h/y"
    )
    for text in ("http://host/a@b", "me@example.org", "x://y", "https://host:80/?a=1"):
        assert redacted(text) == text


def test_known_secrets_are_taken_out_in_every_spelling() -> None:
    remember(['Ge"heim/77', "AKIA12345"])
    for form in ('Ge"heim/77', "Ge%22heim%2F77", json.dumps('Ge"heim/77')[1:-1], "key=AKIA12345;"):
        assert "***" in redacted(f"it was {form} there")
    assert redacted("BAKIA123456") == "BAKIA123456"


def test_words_and_numbers_are_left_alone() -> None:
    """A password `champion` or `123456` must not turn Dagster's events into nonsense."""
    remember(["champion", "silver", "123456", "1700000000.5", "ab1", ""])
    event = json.dumps(
        {"asset": ["silver", "equity_eod"], "module": "champion_assets", "timestamp": 1700000000.5, "n": 123456}
    )
    assert redacted(event) == event


def test_log_records_and_their_tracebacks_are_clean() -> None:
    remember(["Geheim77xyz"])
    install()
    install()
    stream = io.StringIO()
    logger, handler = logging.getLogger("test.redaction"), logging.StreamHandler(stream)
    logger.addHandler(handler)
    try:
        try:
            int("http://me:other@host and Geheim77xyz")
        except ValueError:
            logger.exception("cannot reach %s with %s", "http://me:short@host", "Geheim77xyz")
        logger.warning("100 %% of %d", 3)
    finally:
        logger.removeHandler(handler)
    text = stream.getvalue()
    assert "Geheim77xyz" not in text
    assert "other" not in text
    assert "short" not in text
    assert "cannot reach http://***@host with ***" in text
    assert "'http://***@host and ***'" in text
    assert "100 % of 3" in text
