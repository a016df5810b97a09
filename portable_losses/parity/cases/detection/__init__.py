"""Cases of the box losses."""
