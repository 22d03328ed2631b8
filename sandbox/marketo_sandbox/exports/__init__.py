"""Bulk export jobs: what a create call asks for, the queue, and the files."""
