"""Cases of the losses for ranking."""
