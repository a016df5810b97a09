"""All rows of the chart, and the names of operations that are not in it."""

from collections.abc import Iterable
from typing import Any

from portable_losses.parity.chart.op import Op
from portable_losses.parity.chart.rows import (
    activations,
    control,
    elementwise,
    images,
    norms,
    pairs,
    places,
    products,
    reductions,
    shapes,
    signals,
    softmaxes,
    windows,
)
from portable_losses.parity.chart.rows.left_out import LEFT_OUT as LEFT_OUT

GROUPS: dict[str, tuple[Op, ...]] = {
    "functions of one number": elementwise.ROWS,
    "activations": activations.ROWS,
    "functions of two numbers": pairs.ROWS,
    "sums, extremes and spreads": reductions.ROWS,
    "norms": norms.ROWS,
    "distributions and losses": softmaxes.ROWS,
    "products and linear algebra": products.ROWS,
    "shapes": shapes.ROWS,
    "places and order": places.ROWS,
    "windows and attention": windows.ROWS,
    "loops and branches": control.ROWS,
    "Fourier transforms": signals.ROWS,
    "images": images.ROWS,
}
"""The rows by topic, in the order of the chart."""

ROWS: tuple[Op, ...] = tuple(row for rows in GROUPS.values() for row in rows)


def chosen(ops: Iterable[str]) -> tuple[Op, ...]:
    """The rows of the named operations; all rows if no name is given."""
    names = set(ops)
    return tuple(row for row in ROWS if not names or row.name in names)


def unknown(names: Iterable[str]) -> list[str]:
    """The names of `keras.ops` that have no row and are not in `left_out` either."""
    known = {row.name for row in ROWS} | set(LEFT_OUT)
    return sorted(set(names) - known)


def public(namespace: Any) -> list[str]:
    """The functions of a namespace of operations, those of images with a prefix."""
    found = [name for name in dir(namespace) if callable(getattr(namespace, name))]
    image = namespace.image
    found += [f"image.{n}" for n in dir(image) if callable(getattr(image, n))]
    return [name for name in found if not name.split(".")[-1].startswith("_")]
