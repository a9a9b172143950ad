"""Checkpoints: weights and what they mean, in safetensors files; and the shipped ones by name."""
