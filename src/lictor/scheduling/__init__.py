"""When schedules run, and the runs that are made of it."""
