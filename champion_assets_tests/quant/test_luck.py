"""The luck of the best of many: against a plain loop over the splits, the papers' own numbers, and noise."""

from __future__ import annotations

import doctest
import itertools
import math

import numpy as np
import pytest
from scipy import stats

from champion_assets.quant import combinatorial, luck
from champion_assets.quant.combinatorial import combinatorial_paths
from champion_assets.quant.luck import expected_best, minimum_length, overfitting


def naive(returns: np.ndarray, blocks: int) -> tuple[float, float, float, list[float]]:
    """The paper's procedure, split by split, on the returns themselves; conventions of pypbo."""
    returns = returns[len(returns) % blocks :]
    parts = np.split(returns, blocks)
    logits, chosen, kept = [], [], []
    for half in itertools.combinations(range(blocks), blocks // 2):
        train = np.concatenate([parts[number] for number in half])
        test = np.concatenate([parts[number] for number in range(blocks) if number not in half])
        inside, outside = (
            np.array([np.mean(each) / np.std(each, ddof=1) for each in side.T]) for side in (train, test)
        )
        best = int(np.argmax(stats.rankdata(inside)))
        rank = stats.rankdata(outside)[best] / (returns.shape[1] + 1)
        logits.append(math.log(rank / (1 - rank)))
        chosen.append(inside[best])
        kept.append(outside[best])
    pbo = sum(each <= 1e-12 for each in logits) / len(logits)
    return pbo, sum(each < 0 for each in kept) / len(kept), stats.linregress(chosen, kept).slope, logits


@pytest.mark.parametrize(
    ("rows", "trials", "blocks", "mean"), [(80, 2, 4, 0.0), (83, 7, 6, 0.001), (101, 12, 8, -0.002), (64, 5, 8, 5.0)]
)
def test_it_equals_a_loop_over_the_splits(rows: int, trials: int, blocks: int, mean: float) -> None:
    random = np.random.default_rng(rows)
    returns = mean + 0.01 * random.standard_t(4, (rows, trials)) + 0.01 * random.standard_normal((rows, 1))
    pbo, loss, slope, logits = naive(returns, blocks)
    found = overfitting(returns, blocks)
    assert found.probability == pytest.approx(pbo, abs=1e-12)
    assert found.loss == pytest.approx(loss, abs=1e-12)
    assert found.degradation == pytest.approx(slope, rel=1e-8)
    assert found.logits == pytest.approx(np.array(logits), abs=1e-9)
    assert (found.rows, found.left_out) == (rows - rows % blocks, rows % blocks)


def test_it_equals_pypbo() -> None:
    """Its figures at commit ddbc6314 for the same matrix, with mean / standard deviation (n - 1) as the ratio."""
    found = overfitting(np.random.default_rng(2026).normal(0.0005, 0.01, (250, 9)), 10)
    assert found.probability == pytest.approx(0.503968253968254, abs=1e-12)
    assert found.loss == pytest.approx(0.3531746031746032, abs=1e-12)
    assert found.degradation == pytest.approx(-0.42804685568341005, abs=1e-10)
    assert found.logits.mean() == pytest.approx(0.1605674892339545, abs=1e-12)


def test_trials_that_are_alike_share_their_rank() -> None:
    """Copies are counted, as in pypbo, and no rounding puts one above the other."""
    returns = np.random.default_rng(5).normal(0, 0.01, (96, 3))[:, [0, 1, 2, 1, 0, 1, 1]]
    pbo, loss, _, logits = naive(returns, 6)
    found = overfitting(returns, 6)
    assert found.logits == pytest.approx(np.array(logits), abs=1e-9)
    assert (found.probability, found.loss) == (pytest.approx(pbo), pytest.approx(loss))


def test_sixteen_blocks_are_12870_splits_and_their_order_does_not_matter() -> None:
    returns = np.random.default_rng(2).normal(0.0005, 0.01, (333, 40))
    found = overfitting(returns)
    assert found.logits.shape == found.chosen.shape == found.kept.shape == (12870,)
    again = overfitting(returns[:, ::-1] * 3.0)  # neither the order of trials nor their scale changes anything
    assert again.probability == pytest.approx(found.probability)
    assert again.kept == pytest.approx(found.kept)


def test_noise_is_overfit_every_second_time_and_a_better_trial_never() -> None:
    random = np.random.default_rng(11)
    draws = [random.normal(0.0, 0.01, (400, 20)) for _ in range(60)]
    found = [overfitting(each, 8).probability for each in draws]
    assert np.mean(found) == pytest.approx(0.5, abs=0.07)
    assert np.std(found) > 0.1  # one history alone says little, and the page says so
    for each in draws[:3]:
        each[:, 4] += 0.004
        better = overfitting(each)
        assert better.probability < 0.01
        assert better.loss < 0.01


def test_a_trial_that_only_shone_in_one_half_is_found_out() -> None:
    returns = np.random.default_rng(3).normal(0.0, 0.01, (320, 2))
    returns[:160, 0] += 0.02
    returns[160:, 0] -= 0.02
    assert overfitting(returns, 2).probability == 1.0


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_what_is_no_number_is_refused(wrong: float) -> None:
    returns = np.random.default_rng(1).normal(0, 0.01, (64, 3))
    returns[5, 2] = wrong
    with pytest.raises(ValueError, match="1 of 192 returns are not numbers, the first in trial 2"):
        overfitting(returns)


def test_shapes_and_blocks_that_make_no_sense_are_refused() -> None:
    returns = np.random.default_rng(1).normal(0, 0.01, (64, 3))
    for blocks in (7, 0, -2, 22):
        with pytest.raises(ValueError, match="an even number of blocks"):
            overfitting(returns, blocks)
    with pytest.raises(ValueError, match="at least two rows each, 32 in all; there are 31"):
        overfitting(returns[:31])
    for few in (returns[:, :1], returns[:, 0]):
        with pytest.raises(ValueError, match="at least two trials"):
            overfitting(few)


def test_a_half_without_variance_is_refused_and_one_with_little_is_not() -> None:
    returns = np.random.default_rng(1).normal(0, 0.01, (64, 3))
    returns[:32, 1] = 0.1
    with pytest.raises(ValueError, match="trial 1 do not vary in half of the blocks"):
        overfitting(returns, 4)
    returns[:32, 1] += 1e-9 * np.arange(32)  # nothing but rounding about the mean of the whole
    with pytest.raises(ValueError, match="trial 1 do not vary in half of the blocks"):
        overfitting(returns, 4)
    returns[0, 1] = 0.2
    assert np.isfinite(overfitting(returns, 4).kept).all()


def test_the_minimum_length_is_that_of_the_paper() -> None:
    assert expected_best(10) == pytest.approx(1.575, abs=0.0005)
    assert minimum_length(45, 1.0) == pytest.approx(5.0, abs=0.01)  # "no more than 45 trials in five years"
    for trials in (2, 3, 10, 1000, 10**6):
        assert minimum_length(trials, 0.7) < 2 * math.log(trials) / 0.7**2
    best = np.random.default_rng(4).standard_normal((20_000, 50)).max(axis=1).mean()
    assert expected_best(50) == pytest.approx(best, rel=0.02)
    with pytest.raises(ValueError, match="at least two trials"):
        minimum_length(1, 1.0)
    for sharpe in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="must be positive"):
            minimum_length(10, sharpe)


@pytest.mark.parametrize(
    ("groups", "tests", "purge", "embargo"), [(3, 2, 0, 0), (6, 2, 3, 2), (5, 1, 2, 0), (6, 4, 0, 5), (7, 3, 4, 3)]
)
def test_training_rows_are_far_from_every_test(groups: int, tests: int, purge: int, embargo: int) -> None:
    rows = 107
    paths = combinatorial_paths(rows, groups, tests, purge, embargo)
    splits = list(paths.splits())
    assert len(splits) == math.comb(groups, tests) == paths.split_count
    assert paths.path_count == tests * paths.split_count // groups
    seen: dict[int, list[int]] = {}
    for each in splits:
        test = {int(row) for rows_of in each.tests for row in rows_of}
        expected = [
            row for row in range(rows)
            if not any(near in test for near in range(row - purge - embargo, row + purge + 1))
        ]  # fmt: skip
        assert each.train.tolist() == expected
        for path, rows_of in zip(each.paths, each.tests, strict=True):
            seen.setdefault(path, []).extend(rows_of.tolist())
    assert sorted(seen) == list(range(paths.path_count))
    assert all(sorted(each) == list(range(rows)) for each in seen.values())  # every path is one whole history


def test_sets_and_paths_equal_those_of_skfolio() -> None:
    """Its `CombinatorialPurgedCV(7, 3, purged_size=4, embargo_size=3)` at commit c06db840 on 107 rows."""
    paths = combinatorial_paths(107, 7, 3, purge=4, embargo=3)
    splits = list(paths.splits())
    assert paths.path_count == 15
    assert [int(each.train.sum()) for each in splits[:6]] == [4345, 3614, 3224, 2834, 2989, 3554]
    assert [each.train.size for each in splits[:6]] == [55, 44, 44, 44, 49, 44]
    assert splits[20].paths == (10, 7, 6)


def test_sets_that_leave_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="so 4 cannot test"):
        combinatorial_paths(100, 4, 4)
    with pytest.raises(ValueError, match="so 0 cannot test"):
        combinatorial_paths(100, 4, 0)
    with pytest.raises(ValueError, match="not -1 and 0"):
        combinatorial_paths(100, 4, 2, purge=-1)
    with pytest.raises(ValueError, match="together they must be below 9"):
        combinatorial_paths(100, 10, 2, purge=5, embargo=4)
    with pytest.raises(ValueError, match="155,117,520 splits"):
        combinatorial_paths(1000, 30, 15)


def test_the_examples_are_true() -> None:
    for module in (luck, combinatorial):
        done = doctest.testmod(module)
        assert done.attempted > 0
        assert done.failed == 0
