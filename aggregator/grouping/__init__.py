"""Items + open clusters -> a `Grouping`: the plan of one batch; reads and writes nothing."""

from aggregator.grouping.assignment import Assignment, touched
from aggregator.grouping.grouper import Grouper

__all__ = ["Assignment", "Grouper", "touched"]
