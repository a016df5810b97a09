"""A chart of `keras.ops`: which operation is right on which backend.

`rows` has the reference of every operation in NumPy; `measure` runs the operation on a
backend, in a separate process; `judge` compares the two.
"""
