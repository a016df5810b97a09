"""Cases of what stands between a loss and a model: sums, numbers that move."""
