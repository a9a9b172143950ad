"""Plots: drawings only."""
