"""The process that runs the user's functions. `main.py` starts it; nothing here imports the rest of the package."""
