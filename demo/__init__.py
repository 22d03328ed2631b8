"""The README's first command, and what tests of real targets share with it."""
