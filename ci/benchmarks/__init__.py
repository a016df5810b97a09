"""Benchmarks: ours against Keras and other packages, on one backend a process.

`python ci/benchmarks --list` shows the workloads, `nox -s "bench(jax)" -- drop_ins`
installs the backend and runs some. A workload is data, see `workload.py`.
"""
