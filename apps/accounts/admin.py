"""People, memberships and sessions, to look at. The admin signs in by e-mail and password."""

from django.contrib import admin
from django.contrib.auth.models import Group

from apps.accounts.models import ApiKey, CustomRole, Membership, Session, User
from apps.core.admin import LookAdmin

admin.site.unregister(Group)  # rights come from roles (apps.accounts.permissions)


@admin.register(User)
class UserAdmin(LookAdmin):
    list_display = ("email", "first_name", "last_name", "is_active", "is_staff", "created_at")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "first_name", "last_name")
    date_hierarchy = "created_at"
    fields = (
        "email", "first_name", "last_name", "phone", "locale", "timezone", "is_active", "is_staff",
        "last_login", "created_at", "updated_at",
    )  # fmt: skip


@admin.register(Membership)
class MembershipAdmin(LookAdmin):
    list_display = ("user", "role", "is_active", "created_at")
    list_filter = ("role", "is_active")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__first_name", "user__last_name")


@admin.register(Session)
class SessionAdmin(LookAdmin):
    """The person's own devices: `visible_to` shows nobody else's."""

    list_display = ("user", "face", "address", "user_agent", "last_used_at", "revoked_at")
    list_filter = ("face", "method")
    list_select_related = ("user",)
    search_fields = ("user_agent", "address")
    date_hierarchy = "created_at"


@admin.register(ApiKey)
class ApiKeyAdmin(LookAdmin):
    """The keys that work; nothing of a key but its prefix is shown."""

    list_display = ("name", "prefix", "user", "expires_at", "last_used_at", "created_at")
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__email")
    date_hierarchy = "created_at"
    exclude = ("key_hash",)


@admin.register(CustomRole)
class CustomRoleAdmin(LookAdmin):
    list_display = ("name", "base", "created_at")
    list_filter = ("base",)
    search_fields = ("name",)
