"""Core objects go in and come out again: the tables, and one module for each thing that is kept in them."""
