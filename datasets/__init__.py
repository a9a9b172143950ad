"""Data sets: reading, preparing and caching. No model and no evaluation."""
