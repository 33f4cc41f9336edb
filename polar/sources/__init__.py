"""Where questions come from: a small module for each data set or family of formats."""
