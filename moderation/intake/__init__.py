"""What apps and buckets bring goes in; checked submissions with their media in the store come out."""
