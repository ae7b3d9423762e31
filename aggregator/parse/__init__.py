"""Bytes -> entries; runs in children that can be killed."""
