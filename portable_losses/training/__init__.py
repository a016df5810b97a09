"""The parts between a loss and a model: sums, functions, Hyperparameters, diagnosis."""
