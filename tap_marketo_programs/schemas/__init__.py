"""What records look like: fields, types and single values."""
