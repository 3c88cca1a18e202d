"""DICOM files (PS3.10) without identifying attributes and without text in their pixels."""
