"""Working-day and calendar-day arithmetic over the published calendars of the packs."""
