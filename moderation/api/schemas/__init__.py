"""What the API takes and gives, as pydantic models, by resource; the OpenAPI document is generated from them."""
