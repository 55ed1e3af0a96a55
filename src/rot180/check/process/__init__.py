"""Check a file in a separate process, because the user's code can raise, hang, exit, crash or cheat.

`file_check.py` checks a file. `program.py` starts and ends the process, `remote.py` calls functions in it,
`protocol.py` describes the messages, and `search.py` finds the functions to check. `child/` is the code of the child
process.
"""
