"""Block documents: configuration that is kept on the server, its secrets among it."""
