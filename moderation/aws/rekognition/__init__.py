"""Amazon Rekognition's operations on pictures, over the detectors of this machine."""
