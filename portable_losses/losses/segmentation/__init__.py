"""Losses for maps of classes: overlap of regions."""
