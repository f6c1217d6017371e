"""What every route shares: strict requests, errors, paging, authentication. Knows no resource."""
