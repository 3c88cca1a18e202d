"""Jobs that look through stored films, as Amazon Rekognition's asynchronous operations do."""
