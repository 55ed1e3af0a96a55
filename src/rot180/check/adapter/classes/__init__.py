"""Layers written as classes: create and call their objects, and find the arrays inside them."""
