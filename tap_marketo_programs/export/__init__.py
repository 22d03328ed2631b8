"""Bulk Program Member Extract: from what is wanted to verified rows."""
