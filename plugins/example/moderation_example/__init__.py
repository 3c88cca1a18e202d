"""The tutorial plugin: two files."""
