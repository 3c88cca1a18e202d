"""Amazon S3, as far as programs for Rekognition and A2I need it: buckets of apps, with objects in them."""
