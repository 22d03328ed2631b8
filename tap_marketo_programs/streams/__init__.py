"""The streams, as the SDK has them."""
