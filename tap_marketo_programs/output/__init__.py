"""How rows leave: RECORD lines and files for BATCH messages."""
