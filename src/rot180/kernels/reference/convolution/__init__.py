"""The algorithms of the numpy engine for the three contractions; `conv.py` beside this folder chooses among them."""
