"""A chart of `keras.ops`: which operation is right on which backend.

`rows` says what every operation should give, in NumPy; `measure` asks a backend, in a
process of its own; `judge` compares the two.
"""
