"""JSON Schemas of the definition files, for editors; ``python -m svclib.forms.schemas`` writes them anew."""

from svclib.forms.schemas.files import schema_path, schema_text, write_schemas

__all__ = ["schema_path", "schema_text", "write_schemas"]
