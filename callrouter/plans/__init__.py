"""From YAML that an admin writes to a checked, frozen `Plan`."""
