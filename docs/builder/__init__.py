"""The code that builds the documentation: what `docs/hooks.py` calls, and the scripts of `make docs-outputs`, `docs-assets`."""
