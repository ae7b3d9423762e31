"""Feeds whose hubs push (WebSub): subscribing, renewing, taking what comes."""
