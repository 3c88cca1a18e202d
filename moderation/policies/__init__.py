"""YAML files that people write go in; checked policies and the versions in force come out."""
