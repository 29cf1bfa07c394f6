"""A provider's mapping: what must be declared is demanded, in words a person can follow."""

from __future__ import annotations

import pytest

from champion_assets.esg.mapping import MappingError, read_mapping

GOOD = """
provider: acme
files: acme_*.csv
direction: higher_better
scale: [0, 100]
history: point_in_time
columns: {symbol: Symbol, score: Score, available_from: Published}
"""


def test_a_mapping_says_which_files_it_covers() -> None:
    mapping = read_mapping(GOOD, "acme.yaml")
    assert mapping.covers("acme_2024.csv")
    assert not mapping.covers("other.csv")
    assert mapping.publication_lag_days == 45


@pytest.mark.parametrize(
    ("line", "instead", "words"),
    [
        ("direction: higher_better", "", "direction"),
        ("direction: higher_better", "direction: up", "higher_better"),
        ("scale: [0, 100]", "", "scale"),
        ("scale: [0, 100]", "scale: [100, 0]", "does not rise"),
        ("history: point_in_time", "", "history"),
        ("history: point_in_time", "history: snapshot", "as_of"),
        ("score: Score, ", "", "`score`"),
        ("symbol: Symbol, ", "", "isin"),
        (", available_from: Published", "", "it is a snapshot"),
        ("provider: acme", "provider: blend", "blend"),
        ("provider: acme", "provider: acme\nlook_ahead: true", "only a snapshot"),
        ("provider: acme", "provider: acme\nscael: 3", "scael"),
        ("provider: acme", "provider: [", "not YAML"),
    ],
)
def test_what_is_not_declared_is_refused_with_instructions(line: str, instead: str, words: str) -> None:
    with pytest.raises(MappingError, match=r"acme\.yaml") as caught:
        read_mapping(GOOD.replace(line, instead), "acme.yaml")
    assert words in str(caught.value)
