"""Measures clients side by side: what bench.py is made of."""
