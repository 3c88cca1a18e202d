"""Bytes that apps send go in; inspected, stored, fingerprinted media comes out, and goes when its time is over."""
