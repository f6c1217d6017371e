"""What firings lead to: an outbox of actions, claimed, carried out, tried again, and given up into a list."""
