"""Champion: NSE's daily files in, a checked lake, features, a portfolio and an honest backtest out.

What belongs here: nothing but this sentence. The graph is put together in `definitions`, read `docs/architecture.md`
first.
"""
