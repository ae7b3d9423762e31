"""Which items carry the same text: reports and their carriers; pure."""
