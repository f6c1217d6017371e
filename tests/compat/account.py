"""The fields of a block with secrets, a definition that is used, and one that is not."""

ACCOUNT = {
    "title": "Account",
    "type": "object",
    "properties": {
        "user": {"title": "User", "type": "string", "description": "ü"},
        "password": {"title": "Password", "type": "string", "format": "password", "writeOnly": True},
        "headers": {"title": "Headers", "type": "object"},
        "limits": {"$ref": "#/definitions/Limits"},
    },
    "required": ["user"],
    "secret_fields": ["password", "headers.*"],
    "block_type_slug": "account",
    "block_schema_references": {},
    "definitions": {
        "Limits": {"title": "Limits", "type": "object", "properties": {"rate": {"type": "number", "default": 1.5}}},
        "Unused": {"title": "Unused", "type": "string"},
    },
}
