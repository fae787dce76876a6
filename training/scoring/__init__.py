"""Generators, training and evaluation of the models that score. Nothing here is deployed but through model_training."""
