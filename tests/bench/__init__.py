"""Benchmarks: `python -m tests.bench polling`; not a part of the tests."""
