"""The kinds of NSE's files, by the names that `champion source` says.

What belongs here: names of kinds, and which of them some table reads. What does not: how a file is known
(`recognition.py`).
"""

from __future__ import annotations

LEGACY, UDIFF, FULL = "legacy bhavcopy", "UDiFF bhavcopy", "sec_bhavdata_full"
PRICES = (UDIFF, LEGACY, FULL)
"""Kinds that hold a day's prices, in order of rank."""
MTO, INDEX_CLOSE, BC, PR = "MTO", "ind_close_all", "Bc (corporate actions of a PR bundle)", "PR bundle"
ACTIONS, CHANGES, SECURITIES, LIST = (
    "corporate-actions export",
    "symbolchange",
    "security list",
    "list of index members",
)
MEMBERS = ("Pd", "bh", "mcap", "PE", "hl", "etf", "sme", "Bm")
"""Members of the PR bundle that some table reads, too, where they lie loose under their names."""
BULK, BLOCK = "bulk deals", "block deals"
CHANGES_OF_SERIES, BANDS = "series_change", "sec_list"
LISTS = (
    BULK,
    BLOCK,
    "shortselling",
    "REG1_IND",
    "fao_participant",
    "CM_52_wk_High_low",
    CHANGES_OF_SERIES,
    BANDS,
    "CMVOLT",
)
DERIVATIVES, OLD_DERIVATIVES = "UDiFF F&O bhavcopy", "legacy F&O bhavcopy"
USED = (
    *PRICES,
    MTO,
    INDEX_CLOSE,
    BC,
    PR,
    *MEMBERS,
    *LISTS,
    DERIVATIVES,
    OLD_DERIVATIVES,
    ACTIONS,
    CHANGES,
    SECURITIES,
    LIST,
)
"""Kinds that some table reads."""
