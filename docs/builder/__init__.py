"""The code behind the documentation: what `docs/hooks.py` draws, and the scripts of `make docs-outputs` and `docs-assets`."""
