"""Stage `portfolio`: decisions, made at the close of a day with what was known then."""
