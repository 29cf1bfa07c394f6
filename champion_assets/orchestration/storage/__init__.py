"""Dagster's event log with kept connections and batched writes.

`event_log` is the module that a `dagster.yaml` names.
"""
