"""What was read at one moment -> a brief as a value, and how it is written; pure."""

from aggregator.brief.build import build
from aggregator.brief.materials import Materials, Occasion
from aggregator.brief.values import Brief

__all__ = ["Brief", "Materials", "Occasion", "build"]
