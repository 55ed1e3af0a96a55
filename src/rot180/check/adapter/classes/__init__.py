"""Layers written as classes: how their objects are made and called, and where their arrays are."""
