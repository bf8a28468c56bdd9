"""The clock: which job, how often. One file per job; what is due stands in the database."""
