"""From blocks to HTML: one file that needs nothing else.

What belongs here: the template engine. The templates lie in `templates/`; what they are handed is escaped.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from champion_assets.pages.blocks import Page


def render(page: Page) -> str:
    """The page as HTML; the same page gives the same bytes."""
    return environment().get_template("page.html").render(page=page)


@cache
def environment() -> Environment:
    """The templates of this package; a name that they do not have is an error."""
    return Environment(
        loader=PackageLoader("champion_assets.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
