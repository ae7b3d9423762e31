"""A site's address -> the feeds that it has."""
