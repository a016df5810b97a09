"""Cases of the losses of embeddings."""
