"""What a subscription holds: programs, members, leads, fields, and how they are made and edited."""
