"""Measurements of CallRouter beside its peers, for `make bench`. They tell and never judge: machines are noisy."""
