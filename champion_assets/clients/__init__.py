"""Clients of the optional servers: ClickHouse and MLflow. They import no Dagster."""
