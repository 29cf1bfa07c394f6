"""Stage `backtest`: what the decisions would really have earned, after costs."""
