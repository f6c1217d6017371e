"""Work pools and their queues."""
