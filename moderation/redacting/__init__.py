"""Taking personal data out of texts that are nobody's item: styles, keys, and files of any size."""
