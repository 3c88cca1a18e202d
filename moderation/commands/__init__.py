"""The commands of the command line, one module each; `options` and `opening` have what several of them share."""
