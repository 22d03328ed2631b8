"""What concerns every request whatever it asks for: sockets, messages, log, limits, tokens."""
