"""The process around the tap: its command, its files, its signals and its stdout."""
