"""Engines, portable column types and portable SQL: all that knows which database it speaks to."""
