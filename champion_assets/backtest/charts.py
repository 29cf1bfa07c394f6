"""Small pictures for the metadata of a materialization, as Markdown with the image inside.

What belongs here: static charts of a few kilobytes. The interactive ones are in the tear sheet.
"""

from __future__ import annotations

import base64
import datetime as dt
import io
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def line_chart(dates: Sequence[dt.date], lines: Mapping[str, NDArray[np.float64]]) -> str:
    """A line chart (720 x 260 pixels) of series over dates, as a Markdown image."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 2.6), dpi=100, layout="constrained")
    axes = figure.subplots()
    for label, values in lines.items():
        axes.plot(np.asarray(dates, dtype="datetime64[D]"), values, linewidth=1.2, label=label)
    axes.grid(visible=True, alpha=0.3)
    axes.legend(loc="upper left", frameon=False, fontsize=8)
    axes.tick_params(labelsize=8)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return f"![{', '.join(lines)}](data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()})"
