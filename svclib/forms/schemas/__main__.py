"""Write the schema files anew."""

from svclib.forms.schemas import write_schemas

write_schemas()
