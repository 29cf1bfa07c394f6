"""The only reader of the environment: what Champion can be told from outside."""

from champion_assets.settings.environment import Settings, get_settings

__all__ = ["Settings", "get_settings"]
