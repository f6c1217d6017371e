"""Tokens that tell our own clients from other people's web pages (cross-site request forgery)."""
