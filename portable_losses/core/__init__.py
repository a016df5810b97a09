"""The base class of every loss, and what it is made of."""
