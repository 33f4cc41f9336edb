"""PoLar: programs of layers, their predictor, its training and its evaluation."""
