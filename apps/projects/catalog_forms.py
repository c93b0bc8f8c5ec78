"""Form modules and document templates of the catalog.

`service_filters` and `phase_filters` name the service types and library phases that an entry is
meant for; None means all of them.
"""

from typing import Any

Entry = dict[str, Any]

FORM_MODULES: list[Entry] = [
    {
        "module_id": "intake_base",
        "name": "Basic Intake Form",
        "description": "Contact and project basics",
        "schema": {
            "type": "object",
            "properties": {
                "email": {"type": "string", "format": "email"},
                "phone": {"type": "string"},
                "company": {"type": "string"},
                "contact_name": {"type": "string"},
                "project_goals": {"type": "string"},
            },
        },
        "ui_schema": {},
        "service_filters": None,
        "phase_filters": None,
        "version": 1,
    },
    {
        "module_id": "intake_sp",
        "name": "Screen Print Intake",
        "description": "Screen printing specific details",
        "schema": {
            "type": "object",
            "properties": {
                "sizes": {"type": "array", "items": {"type": "string"}},
                "quantity": {"type": "number"},
                "ink_colors": {"type": "array", "items": {"type": "string"}},
                "garment_type": {"type": "string"},
            },
        },
        "ui_schema": {},
        "service_filters": ["SP", "LFP"],
        "phase_filters": None,
        "version": 1,
    },
    {
        "module_id": "intake_ww",
        "name": "Woodworking Intake",
        "description": "Wood project specifications",
        "schema": {
            "type": "object",
            "properties": {
                "finish": {"type": "string"},
                "wood_type": {"type": "string"},
                "dimensions": {
                    "type": "object",
                    "properties": {
                        "width": {"type": "number"},
                        "height": {"type": "number"},
                        "length": {"type": "number"},
                    },
                },
            },
        },
        "ui_schema": {},
        "service_filters": ["WW"],
        "phase_filters": None,
        "version": 1,
    },
]
FORM_FIELD_TYPES: dict[str, list[str]] = {
    "basic": ["text", "textarea", "email", "number", "select", "radio", "checkbox", "date"],
    "advanced": ["file", "rating", "signature", "html"],
    "layout": ["section", "divider"],
}
DOCUMENT_TEMPLATES: list[Entry] = [
    {
        "module_id": "contract_standard",
        "name": "Standard Service Agreement",
        "description": "General service agreement for all project types",
        "template_type": "contract",
        "service_filters": None,
        "phase_filters": ["ONB"],
        "version": 1,
    },
    {
        "module_id": "launch_certificate",
        "name": "Launch Certificate",
        "description": "Project completion certificate",
        "template_type": "handlebars",
        "service_filters": None,
        "phase_filters": None,
        "version": 1,
    },
    {
        "module_id": "proposal_default",
        "name": "Standard Proposal",
        "description": "Default proposal template",
        "template_type": "handlebars",
        "service_filters": None,
        "phase_filters": None,
        "version": 1,
    },
    {
        "module_id": "proposal_screenprint",
        "name": "Screen Printing Project Proposal",
        "description": "Professional proposal template for screen printing projects",
        "template_type": "proposal",
        "service_filters": ["SP"],
        "phase_filters": ["ONB", "IDEA"],
        "version": 1,
    },
    {
        "module_id": "proposal_web",
        "name": "Website Development Proposal",
        "description": "Comprehensive proposal for web development projects",
        "template_type": "proposal",
        "service_filters": ["WEB"],
        "phase_filters": ["ONB", "IDEA"],
        "version": 1,
    },
]
TEMPLATE_PLACEHOLDERS: dict[str, list[str]] = {
    "helpers": ["formatDate", "formatCurrency", "capitalize"],
    "partials": ["header", "footer"],
    "data": [
        "project.name",
        "project.description",
        "project.services",
        "project.status",
        "project.total_budget",
        "project.paid_amount",
        "project.created_at",
        "client.name",
        "client.first_name",
        "client.last_name",
        "client.email",
        "client.phone",
        "client.company",
        "phases[].name",
        "phases[].estimated_duration",
        "phases[].is_completed",
        "phases[].is_current",
        "form_data.*",
    ],
}

# What a new form module may start from: `required` names the fields that must be filled.
FORM_MODULE_STARTS: dict[str, Entry] = {
    "basic": {
        "type": "object",
        "properties": {
            "company": {"type": "string"},
            "contact_name": {"type": "string"},
            "email": {"type": "string", "format": "email"},
            "phone": {"type": "string"},
        },
        "required": ["contact_name", "email"],
    },
    "project": {
        "type": "object",
        "properties": {
            "project_name": {"type": "string"},
            "project_description": {"type": "string"},
            "timeline": {"type": "string"},
            "budget_range": {
                "type": "string",
                "enum": ["Under $1k", "$1k-$5k", "$5k-$10k", "$10k+"],
            },
        },
        "required": ["project_name"],
    },
    "custom": {"type": "object", "properties": {}, "required": []},
}
