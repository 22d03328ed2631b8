"""Singer tap for Adobe Marketo Engage programs and program members."""
