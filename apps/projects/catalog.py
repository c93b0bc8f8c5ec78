"""The studio's catalog: what a new organization starts with.

Eleven service types, the library of eighteen phases they are composed of, and the eight standard
phases of any other project, with what the client does in them. Seed data: an organization may
change its rows afterwards.
"""

from typing import Any, NamedTuple


class Action(NamedTuple):
    """Something a client does in a phase. All actions of the catalog are required."""

    key: str
    description: str


class CatalogPhase(NamedTuple):
    key: str
    name: str
    description: str = ""
    icon: str = ""
    ui_components: tuple[str, ...] = ()
    form_modules: tuple[str, ...] = ()
    document_modules: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    requires_client_action: bool = False

    def stored_actions(self) -> list[dict[str, Any]]:
        """Return the actions as `LibraryPhase.client_actions` stores them."""
        return [
            {"key": action.key, "description": action.description, "is_required": True}
            for action in self.actions
        ]


class CatalogService(NamedTuple):
    code: str
    name: str
    description: str
    phase_keys: tuple[str, ...]


STANDARD_PHASES = (
    CatalogPhase(
        "onboarding",
        "Onboarding",
        actions=(
            Action("complete_brief", "Complete project brief"),
            Action("sign_agreement", "Sign project agreement"),
            Action("submit_deposit", "Submit initial deposit"),
        ),
        requires_client_action=True,
    ),
    CatalogPhase("ideation", "Ideation"),
    CatalogPhase("design", "Design"),
    CatalogPhase(
        "review",
        "Review & Feedback",
        actions=(
            Action("review_deliverables", "Review design deliverables"),
            Action("provide_feedback", "Provide detailed feedback"),
            Action("approve_designs", "Approve final designs"),
        ),
        requires_client_action=True,
    ),
    CatalogPhase("production", "Production/Print"),
    CatalogPhase(
        "payment",
        "Payment",
        actions=(Action("complete_payment", "Complete final payment"),),
        requires_client_action=True,
    ),
    CatalogPhase(
        "signoff",
        "Sign-off & Docs",
        actions=(
            Action("sign_completion", "Sign project completion form"),
            Action("acknowledge_deliverables", "Acknowledge receipt of deliverables"),
        ),
        requires_client_action=True,
    ),
    CatalogPhase(
        "delivery",
        "Delivery",
        actions=(
            Action("download_files", "Download project files"),
            Action("confirm_receipt", "Confirm receipt of all deliverables"),
        ),
        requires_client_action=True,
    ),
)

PHASE_LIBRARY = (
    CatalogPhase(
        "ONB",
        "Onboarding",
        "Kick-off and intake forms",
        "user-plus",
        ("IntakeWizard",),
        ("intake_base",),
        ("welcome_packet",),
    ),
    CatalogPhase(
        "COLLAB",
        "Collaboration",
        "Light collaboration and brainstorming",
        "users",
        ("MiroEmbed",),
        ("collab_brief",),
        (),
    ),
    CatalogPhase(
        "IDEA",
        "Ideation",
        "Ideation and mood board creation",
        "lightbulb",
        ("Moodboard",),
        ("ideation_goals",),
        ("proposal_default",),
    ),
    CatalogPhase(
        "RESEARCH",
        "Research",
        "Brand and market research",
        "search",
        ("ResearchList",),
        ("brand_audit",),
        ("research_report",),
    ),
    CatalogPhase(
        "DISC",
        "Discovery",
        "Discovery workshop and requirements",
        "compass",
        ("NotionEmbed",),
        ("feature_scope",),
        ("discovery_doc",),
    ),
    CatalogPhase(
        "DSGN",
        "Design",
        "Design production phase",
        "palette",
        ("FigmaPreview",),
        ("design_brief",),
        ("design_specs",),
    ),
    CatalogPhase(
        "CAD",
        "3D/CAD",
        "3D modeling and CAD work",
        "box",
        ("ModelViewer",),
        ("cad_settings",),
        ("cutlist",),
    ),
    CatalogPhase(
        "PREP",
        "Pre-Press",
        "Pre-press preparation and proofing",
        "file-check",
        ("ProofChecklist",),
        ("proof_approval",),
        ("sow_print",),
    ),
    CatalogPhase(
        "PRINT",
        "Production",
        "Production and printing",
        "printer",
        ("BatchStatus",),
        (),
        ("print_spec_sheet",),
    ),
    CatalogPhase(
        "MVP",
        "MVP",
        "Minimum viable product development",
        "package",
        ("StagingLink",),
        (),
        ("mvp_report",),
    ),
    CatalogPhase(
        "DEV",
        "Development",
        "Development and coding",
        "code",
        ("DeployCard",),
        (),
        ("api_contract",),
    ),
    CatalogPhase(
        "QA",
        "QA Testing",
        "Quality assurance and testing",
        "bug",
        ("LinearList",),
        ("bug_report",),
        ("qa_report",),
    ),
    CatalogPhase(
        "FAB",
        "Fabrication",
        "Physical fabrication and building",
        "hammer",
        ("FabricationLog",),
        (),
        ("fab_checklist",),
    ),
    CatalogPhase(
        "FINISH",
        "Finishing",
        "Finishing and final touches",
        "sparkles",
        ("FinishChecklist",),
        (),
        ("finish_report",),
    ),
    CatalogPhase(
        "DEPLOY",
        "Deployment",
        "Production deployment",
        "rocket",
        ("LaunchChecklist",),
        (),
        ("deploy_checklist",),
    ),
    CatalogPhase(
        "REV",
        "Review",
        "Review and feedback cycle",
        "message-circle",
        ("AnnotationBoard",),
        ("proof_approval",),
        ("review_summary",),
    ),
    CatalogPhase(
        "LAUNCH",
        "Launch",
        "Project launch and asset delivery",
        "party-popper",
        ("LaunchGallery",),
        (),
        ("launch_certificate",),
    ),
    CatalogPhase(
        "WRAP",
        "Wrap-up",
        "Post-mortem and final payment",
        "check-circle",
        ("WrapUp",),
        (),
        ("final_invoice", "testimonial_request"),
    ),
)

SERVICE_TYPES = (
    CatalogService(
        "COL",
        "Collaboration Only",
        "Light collaboration and brainstorming",
        ("ONB", "COLLAB", "WRAP"),
    ),
    CatalogService(
        "IDE",
        "Ideation Workshop",
        "Creative ideation and concept development",
        ("ONB", "IDEA", "WRAP"),
    ),
    CatalogService(
        "SP",
        "Screen Printing",
        "Custom screen printing services",
        ("ONB", "IDEA", "PREP", "PRINT", "LAUNCH"),
    ),
    CatalogService(
        "LFP",
        "Large-Format Print",
        "Large format printing and signage",
        ("ONB", "PREP", "PRINT", "LAUNCH"),
    ),
    CatalogService(
        "GD",
        "Graphic Design",
        "Professional graphic design services",
        ("ONB", "IDEA", "DSGN", "REV", "LAUNCH"),
    ),
    CatalogService(
        "WW",
        "Woodworking",
        "Custom woodworking and fabrication",
        ("ONB", "IDEA", "CAD", "FAB", "FINISH", "LAUNCH"),
    ),
    CatalogService(
        "SAAS",
        "SaaS Development",
        "Software as a Service development",
        ("ONB", "DISC", "MVP", "QA", "DEPLOY", "LAUNCH"),
    ),
    CatalogService(
        "WEB",
        "Website Design",
        "Website design and development",
        ("ONB", "DISC", "DSGN", "DEV", "REV", "DEPLOY", "LAUNCH"),
    ),
    CatalogService(
        "BOOK",
        "Book Cover Design",
        "Book cover and layout design",
        ("ONB", "IDEA", "DSGN", "REV", "LAUNCH"),
    ),
    CatalogService(
        "LOGO",
        "Logo & Brand System",
        "Logo design and brand identity",
        ("ONB", "RESEARCH", "DSGN", "REV", "LAUNCH"),
    ),
    CatalogService(
        "PY",
        "Python Automation",
        "Python automation and scripting",
        ("ONB", "DISC", "DEV", "QA", "LAUNCH"),
    ),
)
