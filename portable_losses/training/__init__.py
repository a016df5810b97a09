"""What stands between a loss and a model."""
