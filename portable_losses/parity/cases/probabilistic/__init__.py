"""Cases of the probabilistic losses."""
