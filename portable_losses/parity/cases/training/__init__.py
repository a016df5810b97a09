"""Cases of `Sum` and `Hyperparameter`, which combine and change losses."""
