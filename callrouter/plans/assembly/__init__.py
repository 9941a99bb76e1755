"""The judged parts put together as a frozen `Plan`."""
