"""Sections, defaults and choices of the settings pages, preferences and automation rules.

What names a studio (its name, addresses, logo) is not here: it comes from the organization.
"""

from typing import Any

Entry = dict[str, Any]

SETTINGS_SECTIONS: dict[str, list[str]] = {
    "general": [
        "company_name",
        "company_tagline",
        "company_email",
        "company_phone",
        "company_address",
        "timezone",
        "date_format",
        "currency",
        "maintenance_mode",
    ],
    "branding": [
        "logo_url",
        "favicon_url",
        "primary_color",
        "secondary_color",
        "success_color",
        "error_color",
        "font_family",
    ],
    "email": [
        "smtp_host",
        "smtp_port",
        "smtp_secure",
        "smtp_user",
        "smtp_pass",
        "from_email",
        "from_name",
        "reply_to",
        "email_notifications_enabled",
    ],
    "security": [
        "session_timeout",
        "two_factor_enabled",
        "force_password_reset",
        "min_password_length",
        "require_uppercase",
        "require_lowercase",
        "require_numbers",
        "require_special",
        "allowed_ips",
    ],
    "integrations": [
        "stripe_enabled",
        "stripe_publishable_key",
        "stripe_secret_key",
        "google_enabled",
        "slack_enabled",
        "slack_webhook_url",
    ],
    "backup": ["auto_backup_enabled", "backup_frequency", "backup_retention"],
}
SETTINGS_DEFAULTS: Entry = {
    "primary_color": "#0057FF",
    "secondary_color": "#F7C600",
    "success_color": "#27AE60",
    "error_color": "#E63946",
    "smtp_port": 587,
    "session_timeout": 60,
    "min_password_length": 8,
    "backup_retention": 30,
    "require_uppercase": True,
    "require_lowercase": True,
    "require_numbers": True,
    "require_special": False,
    "email_notifications_enabled": True,
}
SETTINGS_OPTIONS: Entry = {
    "timezone": ["America/Chicago", "America/New_York", "America/Los_Angeles", "America/Denver"],
    "date_format": ["MM/DD/YYYY", "DD/MM/YYYY", "YYYY-MM-DD"],
    "currency": ["USD", "EUR", "GBP"],
    "font_family": ["Montserrat", "Inter", "Roboto", "System"],
    "smtp_secure": ["tls", "ssl", "none"],
    "backup_frequency": ["daily", "weekly", "monthly"],
}
SETTINGS_RANGES: dict[str, tuple[int, int]] = {
    "session_timeout": (5, 1440),
    "min_password_length": (6, 32),
    "backup_retention": (7, 365),
}
SYSTEM_DEFAULTS: Entry = {
    "primary_color": "#0057FF",
    "secondary_color": "#F7C600",
    "accent_color": "#27AE60",
    "timezone": "America/New_York",
    "currency": "USD",
    "tax_rate": 0.0875,
}
SYSTEM_GROUPS: dict[str, list[str]] = {
    "features": [
        "enable_client_portal",
        "enable_online_payments",
        "enable_file_sharing",
        "enable_messaging",
        "enable_invoicing",
        "enable_time_tracking",
        "enable_team_collaboration",
        "enable_email_notifications",
        "enable_sms_notifications",
        "enable_two_factor_auth",
        "enable_api_access",
    ],
    "email_settings": ["from_name", "from_email", "reply_to_email", "signature"],
    "file_settings": [
        "max_file_size_mb",
        "allowed_extensions",
        "storage_location",
        "auto_compress_images",
    ],
    "security_settings": [
        "password_min_length",
        "password_require_uppercase",
        "password_require_lowercase",
        "password_require_numbers",
        "password_require_special",
        "session_timeout_minutes",
        "max_login_attempts",
        "lockout_duration_minutes",
    ],
    "notification_settings": [
        "new_project_notification",
        "phase_change_notification",
        "file_upload_notification",
        "invoice_notification",
        "payment_notification",
        "message_notification",
    ],
}
PREFERENCES: Entry = {
    "email": {
        "phase_notifications": True,
        "project_notifications": True,
        "file_notifications": True,
        "marketing_emails": False,
        "weekly_summary": True,
    },
    "notifications": [
        "email_new_messages",
        "email_invoice_reminders",
        "email_project_updates",
        "email_file_uploads",
        "email_payment_confirmations",
        "in_app_new_messages",
        "in_app_invoice_reminders",
        "in_app_project_updates",
        "in_app_file_uploads",
        "in_app_payment_confirmations",
        "sms_urgent_only",
        "sms_phone_number",
    ],
    "user_interface": {
        "theme": "light",
        "notifications_enabled": True,
        "email_notifications": True,
        "language": "en",
        "timezone": "UTC",
    },
}
AUTOMATION_RULES: list[Entry] = [
    {
        "from_phase": "onboarding",
        "to_phase": "ideation",
        "rule_type": "all_actions_complete",
        "rule_config": {"auto_advance": True},
    },
    {
        "from_phase": "onboarding",
        "to_phase": "ideation",
        "rule_type": "client_action",
        "rule_config": None,
    },
    {
        "from_phase": "review",
        "to_phase": "production",
        "rule_type": "client_action",
        "rule_config": None,
    },
    {
        "from_phase": "payment",
        "to_phase": "signoff",
        "rule_type": "payment_received",
        "rule_config": {"auto_advance": True},
    },
    {
        "from_phase": "payment",
        "to_phase": "signoff",
        "rule_type": "client_action",
        "rule_config": None,
    },
    {
        "from_phase": "signoff",
        "to_phase": "delivery",
        "rule_type": "client_action",
        "rule_config": None,
    },
]
NOTIFICATION_TEMPLATES: list[Entry] = [
    {"template_key": "action_reminder_app", "type": "in_app"},
    {"template_key": "action_reminder_email", "type": "email"},
    {"template_key": "phase_advanced_app", "type": "in_app"},
    {"template_key": "phase_advanced_email", "type": "email"},
    {"template_key": "project_stuck_app", "type": "in_app"},
    {"template_key": "project_stuck_email", "type": "email"},
]
MAIL_TEMPLATES: list[Entry] = [
    {"name": "invoice_sent", "category": "invoice", "is_system": True},
    {"name": "phase_completed", "category": "phase", "is_system": True},
    {"name": "project_welcome", "category": "project", "is_system": True},
]
MAIL_TEMPLATE_FILES: list[str] = [
    "account-activated",
    "file-uploaded",
    "invoice-overdue",
    "invoice-reminder",
    "invoice-sent",
    "password-reset",
    "payment-received",
    "phase-approval-needed",
    "phase-approved",
    "phase-changes-requested",
    "phase-completed",
    "project-completed",
    "project-deadline-reminder",
    "project-weekly-summary",
    "project-welcome",
    "security-alert",
]
