"""Pages of the portal over the service: the dashboard, items, policies, keys. Mounted into the reviewers' portal."""
