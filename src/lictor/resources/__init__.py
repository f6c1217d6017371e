"""The resources of the API, one folder each: table, schemas, filters, queries, routes."""
