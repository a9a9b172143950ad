"""Figures that tell how good a model is, of what is reconstructed, morphed and sampled.

Each file's own text has their definitions and sources. `melody`: reconstructions of melodies; `drums`: of drum patterns;
`images`: of pictures. `codes`: what becomes of a window when its tokens are told or drawn, or codes are exchanged. `paths`: how
one window becomes another; `pairs`: a model's paths between pairs of windows. `samples`: how like held-out music samples are;
`novelty`: how unlike the training windows.
"""
