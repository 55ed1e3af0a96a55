"""Showing a wrong array: small matrices, the formula of one cell, and the HTML page."""
