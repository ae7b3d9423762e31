"""Counts, deliveries and words -> charts, surges, rising words, silent sources; pure."""
