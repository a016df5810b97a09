"""Cases of the classification losses."""
