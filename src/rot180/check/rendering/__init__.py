"""Render a wrong array as small matrices, as the formula of one cell, and as an HTML page."""
