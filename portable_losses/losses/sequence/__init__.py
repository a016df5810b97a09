"""Losses for sequences."""
