"""An endpoint that speaks Google's Perspective API (``commentanalyzer`` v1alpha1), over the detectors loaded here."""
