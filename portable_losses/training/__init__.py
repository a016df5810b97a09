"""What connects a loss and a model: sums, functions, Hyperparameters, diagnosis."""
