"""The workloads, one file a group; each has them in a tuple WORKLOADS."""
