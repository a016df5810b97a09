"""Cases of the image losses."""
