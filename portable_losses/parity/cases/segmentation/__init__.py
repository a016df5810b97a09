"""Cases of the segmentation losses."""
