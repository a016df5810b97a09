"""Cases of the regression losses."""
