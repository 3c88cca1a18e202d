"""Labelling jobs, as Amazon SageMaker Ground Truth has them: objects of a manifest, labelled by a work team."""
