"""How the user's functions are called: signatures, settings, layouts of arrays, and their results."""
