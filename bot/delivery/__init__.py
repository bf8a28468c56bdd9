"""Who is owed what and when, and how it reads. Pure: no database, no clock, no network."""
