"""Every rule that looks at a day, in order: the one list of checks."""

from __future__ import annotations

from champion_assets.checks import market_rules, price_rules, source_rules
from champion_assets.checks.rules import Rule

RULES: list[Rule] = [*source_rules.RULES, *price_rules.RULES, *market_rules.RULES]
BY_NAME = {rule.name: rule for rule in RULES}
