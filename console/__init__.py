"""The web pages and the JSON API, sign-in, roles, signed links, and the providers' callbacks."""
