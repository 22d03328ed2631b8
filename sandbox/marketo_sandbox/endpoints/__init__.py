"""Marketo's paths and what answers them."""
