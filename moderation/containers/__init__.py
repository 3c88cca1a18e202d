"""What texts are kept in - JSON, tables, markup, mail, office documents: decoded, and encoded again when changed."""
