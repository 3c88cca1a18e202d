"""What a policy file may say: read data goes in, a checked `Policy` or every fault in it comes out. Pure."""
