"""The losses, one folder a family."""
