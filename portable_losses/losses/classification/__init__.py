"""Losses for classes: binary, categorical and sparse forms together."""
