"""Deciding what is right and what is wrong: the forward, the gradients, and repeated calls."""
