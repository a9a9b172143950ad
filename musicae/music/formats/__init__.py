"""File formats: one module for each, files to `Score` and back."""
