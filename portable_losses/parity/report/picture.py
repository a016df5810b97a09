"""The style of the pictures, and how they are put into the page.

Pictures are drawn in the page's light colors; `inline` replaces these by the names of
the colors, so that a picture follows the light or dark style of the page.
"""

import io
import math
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import matplotlib.style
from matplotlib.figure import Figure

from portable_losses.parity.page.colors import LIGHT, name_of

STYLE: Any = [
    "default",  # whatever the user's matplotlibrc says
    {
        "axes.axisbelow": True,
        "axes.grid": True,
        "axes.labelcolor": LIGHT["soft"],
        "axes.spines.bottom": False,
        "axes.spines.left": False,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlelocation": "left",
        "axes.titlesize": 12,
        "axes.titleweight": "bold",
        "font.size": 11,
        "grid.color": LIGHT["rule"],
        "legend.frameon": False,
        "legend.handletextpad": 0.3,
        "lines.linewidth": 1.4,
        "svg.fonttype": "none",  # text stays text: it is read, found and copied
        "svg.hashsalt": "portable_losses",  # the same results make the same page
        "text.color": LIGHT["ink"],
        "xtick.color": LIGHT["rule"],
        "xtick.labelcolor": LIGHT["soft"],
        "ytick.color": LIGHT["rule"],
        "ytick.labelcolor": LIGHT["soft"],
    },
]

drawing = matplotlib.style.context
"""The context of all drawing: `with drawing(STYLE)`."""


def figure(width: float, height: float) -> Figure:
    """A figure of a size in pixels of the page."""
    return Figure((width / 72, height / 72), dpi=72, layout="constrained")


def color(backend: str) -> str:
    """A backend's color."""
    return LIGHT[name_of(backend)]


def decades(errors: Iterable[float], at_least: float, at_most: float) -> list[float]:
    """Whole decades around the errors that are finite and not 0."""
    seen = [x for x in errors if 0 < x < math.inf]
    low = min([*seen, at_least])
    high = max([*seen, at_most])
    return [10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high))]


def inline(
    drawn: Figure, name: str, title: str, description: str, hover: Mapping[str, str]
) -> str:
    """A figure as an element of the page.

    Args:
        drawn: the figure.
        name: begins every id, which must be unique in the page.
        title: what the picture is, for screen readers.
        description: what it shows.
        hover: the hover texts, by an artist's gid.
    """
    out = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    drawn.savefig(out, format="svg", transparent=True, metadata=nothing)
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    for gid, words in hover.items():
        group = f'<g id="{gid}">'
        svg = svg.replace(group, f"{group}<title>{escape(words)}</title>")
    svg = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    for key, light in LIGHT.items():
        svg = svg.replace(light, f"var(--{key})")
    said = (
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(description)}</desc>'
    )
    role = f'role="img" aria-labelledby="{name}-title {name}-desc"'
    return re.sub("<svg([^>]*)>", rf"<svg {role}\1>{said}", svg, count=1)
