"""Series -> the shapes of a chart; templates write the SVG.

A library would bring its own styles, scripts or pixels for what is a row of rectangles,
and the policy of this site forbids inline style: shapes get classes, and site.css their
looks. There is no text inside: it would shrink with the chart on a phone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from aggregator.models import Point, Series

WIDTH, HEIGHT = 720, 160
SPARK_WIDTH, SPARK_HEIGHT = 84, 20
SPARK_DAYS = 14
MARKS = 5
"""Times named under a chart."""

ROUND = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)
OF = ("items", "reports", "clusters")
Value = Callable[[Point], float | None]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, with what it stands for as class and the point behind it."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    point: Point


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything a template needs for one chart."""

    points: tuple[Point, ...]
    top: float
    """The value at the upper edge."""
    width: float
    height: float
    shades: tuple[Box, ...]
    bars: tuple[Box, ...] = ()
    paths: tuple[tuple[str, str], ...] = ()
    """(class, path data) of lines."""

    @property
    def marks(self) -> tuple[Point, ...]:
        """The points whose times stand under the chart, evenly spread."""
        last = len(self.points) - 1
        count = min(MARKS, len(self.points))
        steps = max(count - 1, 1)
        return tuple(self.points[round(n * last / steps)] for n in range(count))

    @property
    def kinds(self) -> frozenset[str]:
        """What is to be seen in it: what a legend has to explain."""
        boxes = (box.kind for box in (*self.shades, *self.bars))
        return frozenset(boxes) | {kind for kind, path in self.paths if path}

    @property
    def is_hourly(self) -> bool:
        """Whether the buckets are hours."""
        return self.points[-1].end - self.points[-1].start < timedelta(hours=2)


def count_value(of: str) -> Value:
    """Return what reads a point's items, reports or clusters."""
    return lambda point: getattr(point.count, of)


def share_value(of: str) -> Value:
    """Return what reads a point's share of everything, in percent."""
    return lambda point: None if (s := point.share(of)) is None else s * 100


def bar_chart(series: Series, of: str) -> Chart:
    """Draw counts as bars; where reports are expected, a step marks how many."""
    points, value = series.points, count_value(of)
    steps: Value = (lambda p: p.expected) if of == "reports" else (lambda p: None)
    top = nice_top(
        max((v for p in points for v in (value(p), steps(p)) if v), default=0)
    )
    return Chart(
        points,
        top,
        WIDTH,
        HEIGHT,
        tuple(_shades(points, WIDTH, HEIGHT)),
        tuple(_bars(points, value, top, WIDTH, HEIGHT)),
        (("expected", _steps(points, steps, top, joined=False)),),
    )


def share_chart(series: Sequence[Series], of: str) -> Chart:
    """Draw the shares of one or two topics as lines over one axis."""
    return line_chart(series, share_value(of))


def line_chart(series: Sequence[Series], value: Value) -> Chart:
    """Draw one or two topics as stepped lines over one axis."""
    points = series[0].points
    values = (value(point) for one in series for point in one.points)
    top = nice_top(max((v for v in values if v), default=0))
    return Chart(
        points,
        top,
        WIDTH,
        HEIGHT,
        tuple(_shades(points, WIDTH, HEIGHT)),
        paths=tuple(
            (f"line line-{letter}", _steps(one.points, value, top, joined=True))
            for letter, one in zip("ab", series, strict=False)
        ),
    )


def spark(series: Series) -> Chart:
    """Draw the last days' items as a row of small bars."""
    series = series.last(SPARK_DAYS)
    points, value = series.points, count_value("items")
    top = max((v for p in points if (v := value(p))), default=1.0)
    return Chart(
        points,
        top,
        SPARK_WIDTH,
        SPARK_HEIGHT,
        tuple(_shades(points, SPARK_WIDTH, SPARK_HEIGHT)),
        tuple(_bars(points, value, top, SPARK_WIDTH, SPARK_HEIGHT)),
    )


def nice_top(value: float) -> float:
    """Return the least round number that is not below a value."""
    if value <= 0:
        return 1.0
    decade = 10.0 ** math.floor(math.log10(value))
    return next(step * decade for step in ROUND if step * decade >= value * 0.999999)


def _shades(points: Sequence[Point], width: float, height: float) -> Iterator[Box]:
    step = width / len(points)
    for n, point in enumerate(points):
        if point.is_outage or point.is_unknown:
            kind = "outage" if point.is_outage else "unknown"
            yield Box(_round(n * step), 0, _round(step), height, kind, point)


def _bars(
    points: Sequence[Point], value: Value, top: float, width: float, height: float
) -> Iterator[Box]:
    step = width / len(points)
    for n, point in enumerate(points):
        tall = (value(point) or 0) / top * height
        kind = "bar surge" if point.surge else "bar"
        if point.is_outage:
            kind = "bar partial"
        x, y = _round(n * step + step * 0.1), _round(height - tall)
        yield Box(x, y, _round(step * 0.8), _round(tall), kind, point)


def _steps(points: Sequence[Point], value: Value, top: float, *, joined: bool) -> str:
    """Return a path that is level within a bucket and broken where nothing is known."""
    step = WIDTH / len(points)
    parts: list[str] = []
    is_open = False
    for n, point in enumerate(points):
        level = None if point.is_unknown else value(point)
        if level is None:
            is_open = False
            continue
        y = _round(HEIGHT - level / top * HEIGHT)
        parts.append(
            f"L{_round(n * step)} {y}" if is_open else f"M{_round(n * step)} {y}"
        )
        parts.append(f"H{_round((n + 1) * step)}")
        is_open = joined
    return "".join(parts)


def _round(number: float) -> float:
    return round(number, 2)
