"""The child process, which runs the user's functions. `main.py` starts it. Nothing here imports the rest of the
package.
"""
