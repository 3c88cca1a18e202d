"""Who signs in: names with passwords, or identities of an OpenID Connect provider; people with roles come out."""
