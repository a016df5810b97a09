"""Finds what is wrong with a user's loss: workers measure, and the parent judges.

`channel` starts a worker and reads its answers. `worker`, `subject` and `lab` run in
the worker; user code runs only there. `judge` names the faults, `explained` finds a
remedy by experiment, and `session` holds the workers of all backends.
"""
