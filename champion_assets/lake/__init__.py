"""Storage: one Parquet object a partition, on local disk or S3, with the hashes of its inputs inside.

What belongs here: how tables are kept, found, and known to be current. What does not: what a table means.
"""
