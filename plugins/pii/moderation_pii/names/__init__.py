"""Names and addresses by a trained model: folded text and the patterns' hits come in; hits of both together go out."""
