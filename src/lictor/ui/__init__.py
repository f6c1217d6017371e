"""What a person looks at: the pages, the session of whoever logs in there, and the routes that only pages need."""
