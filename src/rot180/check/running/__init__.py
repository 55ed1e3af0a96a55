"""Running the user's functions on many small problems."""
