"""The only reader of the environment: what Champion can be told from outside."""

from champion_assets.settings.environment import Settings, current_settings, get_settings, settings_files
from champion_assets.settings.files import require_files, source_folder

__all__ = ["Settings", "current_settings", "get_settings", "require_files", "settings_files", "source_folder"]
