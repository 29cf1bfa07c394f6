"""Where NSE's files come from: a folder, an S3 prefix, or an archive server; all of equal rank.

What belongs here: finding and fetching bytes under NSE's names. What does not: judging the content (`nse/formats.py`),
storing it.
"""
