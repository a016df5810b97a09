"""Losses for ordered classes."""
