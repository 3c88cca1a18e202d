"""How text is read: any text comes in; folded text goes out, and the values of tables, records and spelled-out numbers."""
