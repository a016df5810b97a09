"""Cases of the ordinal losses."""
