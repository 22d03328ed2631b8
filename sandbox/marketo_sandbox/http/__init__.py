"""What concerns every request of any endpoint: sockets, messages, log, limits, tokens."""
