"""Losses for bounding boxes."""
