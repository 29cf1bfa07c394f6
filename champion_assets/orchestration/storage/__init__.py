"""Event-log storages of Dagster with kept connections and batched writes."""
