"""Messages -> people, through Apprise, in a program of its own that can be killed."""
