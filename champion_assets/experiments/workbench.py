"""What a process that runs trials keeps between them.

What belongs here: the lake as it was at one moment, what was made of it, and features of settings that several trials
have. What does not: keeping within bounds (`memory.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from champion_assets.experiments.memory import BELOW, Memory, Snapshot
from champion_assets.experiments.trial_lake import OwnFeature
from champion_assets.features.window import RETURNS
from champion_assets.lake.fingerprints import recipe_of
from champion_assets.lake.table import DailyTable
from champion_assets.lake.workspace import Workspace
from champion_assets.settings import Settings


class Workbench:
    """For trials on the lake of `base`.

    Attributes:
        base: the workspace of the daily portfolio.
        memory: what they have in common.
        below: the lake that they read.
    """

    def __init__(self, base: Workspace) -> None:
        self.base = base
        self._begin()

    def _begin(self) -> None:
        self.memory = Memory()
        self.below = Snapshot(self.base.lake, self.memory)
        self._features: dict[str, OwnFeature] = {}

    def refresh(self) -> None:
        """Begin anew if the lake has changed."""
        if not self.below.is_current():
            self._begin()

    def features(self, own: Sequence[DailyTable], settings: Settings) -> dict[str, OwnFeature]:
        """The features among a trial's own tables, which come in the order of the graph.

        What no more than the trials before had use for is forgotten.
        """
        sources = sources_of(own, settings)
        found = {}
        for table in own:
            if table.name in sources:
                source = sources[table.name]
                if source not in self._features:
                    days = self.below.dates(RETURNS)
                    self._features[source] = OwnFeature(table, source, recipe_of(table, settings), days)
                found[table.name] = self._features[source]
        self._features = {each.source: each for each in found.values()}
        self.memory.forget(but={BELOW, *self._features})
        return found


def sources_of(own: Sequence[DailyTable], settings: Settings) -> dict[str, str]:
    """By name of each own feature a hash of what makes it what it is beside the lake below."""
    found: dict[str, str] = {}
    for table in own:
        if table.group == "features":
            above = [found[wanted.table] for wanted in table.inputs(settings) if wanted.table in found]
            text = " ".join([table.name, recipe_of(table, settings), *above])
            found[table.name] = hashlib.sha256(text.encode()).hexdigest()[:32]
    return found
