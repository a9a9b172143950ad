"""Kinds of music."""
