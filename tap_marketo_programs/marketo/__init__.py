"""Everything that speaks with Marketo, but for its exports."""
