"""Losses for predicted distributions."""
