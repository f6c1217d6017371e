"""Forms of Prefect's pages: whether values are what a schema asks for."""
