"""The sections of the tear sheet, one module each: from a `Story` to blocks of `pages/`.

What belongs here: which figures a section shows, in which words and units. What does not: computing a history's figures
(`tear_sheet_figures.py`, `quant/metrics.py`), reading the lake (`tear_sheet.py`), HTML (`pages/`).
"""
