"""What is wrong with a user's loss: workers measure, and the parent judges.

`channel` starts a worker and hears it; `worker`, `subject` and `lab` run there, and are
the only places where user code runs. `judge` names the faults, `search` finds a remedy
by experiment, and `session` leads it all.
"""
