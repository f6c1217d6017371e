"""Templates that users write: Jinja2's sandbox, with the objects and filters that Prefect offers in it.

Pure functions of JSON: nothing here knows the database, the settings or HTTP, so that a template can be rendered in a
process that may be ended.
"""
