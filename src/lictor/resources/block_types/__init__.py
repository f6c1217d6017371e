"""Block types: the kinds of configuration that can be kept on the server."""
