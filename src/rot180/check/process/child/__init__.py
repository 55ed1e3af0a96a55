"""The child process, which runs the user's functions. `main.py` starts it. No module here imports the rest
of the package.
"""
