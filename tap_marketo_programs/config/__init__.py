"""What the user hands over: settings, state, catalog and stream maps, and whether each is right."""
