"""Stage `raw`: the original bytes, for ever, with where and when they came from."""
