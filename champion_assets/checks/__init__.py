"""Checks as Dagster sees them: built from the tables' Pandera models."""
