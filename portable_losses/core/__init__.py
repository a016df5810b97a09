"""The base class of every loss, and its parts."""
