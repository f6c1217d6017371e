"""What the server does from time to time, without being asked. Every replica may do it at any time."""
