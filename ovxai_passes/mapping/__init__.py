"""Mapping a head over masks without repeating its work."""
