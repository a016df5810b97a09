"""Losses for embeddings: pairs, labels and views of a batch."""
