"""The check of a file whose functions run in another process, because user code can raise, hang, exit, crash or cheat.

`file_check.py` makes the verdict. `program.py` starts and ends the process, `remote.py` calls functions in it,
`protocol.py` describes the messages, and `search.py` finds the functions to check. `child/` is the process itself.
"""
