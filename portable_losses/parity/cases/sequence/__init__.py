"""Cases of the losses for sequences."""
