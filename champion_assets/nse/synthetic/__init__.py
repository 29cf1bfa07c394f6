"""The synthetic exchange: a fictional market that publishes files in NSE's formats under NSE's names.

What belongs here: prices of companies that do not exist, a story of corporate events, the writing of files, and a
server that behaves like NSE's archive. Everything it makes is labelled synthetic. The same seed gives the same bytes.
"""
