"""The filter language: criteria, operators, and the one compiler to SQL."""
