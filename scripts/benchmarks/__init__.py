"""Measurements of speed, each comparing in one run; scripts/benchmark.py prints them."""
