"""Corporate actions, without Dagster.

The grammar of their texts, the feeds they come in, their factors and the market's witness.

`grammar.py` reads a subject text, `feed.py` a file of them, `factors.py` turns a leg into numbers, `witness.py` asks
the market.
"""
