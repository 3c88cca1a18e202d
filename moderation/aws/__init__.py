"""One address for unmodified AWS clients: Rekognition, A2I, Comprehend and S3, answered on this machine."""
