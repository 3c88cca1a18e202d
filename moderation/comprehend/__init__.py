"""An endpoint that speaks Amazon Comprehend's PII operations, over the detectors that are loaded here."""
