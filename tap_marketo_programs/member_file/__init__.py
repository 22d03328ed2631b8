"""The file of an export, read into typed columns."""
