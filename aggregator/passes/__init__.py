"""The two passes, and what hubs push: each claims, computes and saves."""
