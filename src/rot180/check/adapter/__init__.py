"""Call the user's functions: read signatures, convert settings and arrays, and split results."""
