"""A file is a name with versions; a version is bytes that never change (R67)."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.accounts.models import User
from apps.clients.models import Client
from apps.core.actors import ACCOUNTANT, Actor
from apps.core.models import Part, Record
from apps.projects.models import Project, within_reach


class FileQuerySet(models.QuerySet["File"]):
    def visible_to(self, actor: Actor) -> Self:
        """The team sees all; a contact what is shared with his companies and clean, or his own."""
        rows = self.filter(organization_id=actor.organization_id, deleted_at__isnull=True)
        if actor.role == ACCOUNTANT:
            return rows.none()  # C18: only files of invoices, which come with the invoice
        if actor.is_team:
            return rows.filter(within_reach(actor))
        clean = Q(current__scan_status=FileVersion.ScanStatus.CLEAN)
        shared = Q(visibility=File.Visibility.CLIENT) & clean
        mine = Q(created_by_id=actor.user_id)
        return rows.filter(shared | mine, client_id__in=actor.client_ids)

    def deleted_of(self, actor: Actor) -> Self:
        """The deleted files that the actor could restore: a contact his own."""
        rows = self.filter(organization_id=actor.organization_id, deleted_at__isnull=False)
        if actor.is_team:
            return rows.none() if actor.role == ACCOUNTANT else rows.filter(within_reach(actor))
        return rows.filter(created_by_id=actor.user_id, client_id__in=actor.client_ids)


class File(Record):
    """A named thing in a project, of a client, or of the studio alone.

    `current` is the newest version that no check has found harmful; it is the harmful one only
    where there is no other.
    """

    class Visibility(models.TextChoices):
        STAFF = "staff"
        CLIENT = "client"

    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="files", db_index=False
    )
    client = models.ForeignKey(
        Client, models.PROTECT, null=True, blank=True, related_name="files", db_index=False
    )
    name = models.CharField(max_length=255)
    folder = models.CharField(max_length=500, blank=True)
    description = models.TextField(max_length=2000, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    visibility = models.CharField(max_length=6, choices=Visibility, default=Visibility.STAFF)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    current = models.OneToOneField(
        "FileVersion", models.PROTECT, null=True, related_name="current_of"
    )
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = FileQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="files_file_new"),
            models.Index(
                fields=["organization", "project", "-created_at", "-id"], name="files_file_project"
            ),
            models.Index(
                fields=["organization", "client", "-created_at", "-id"], name="files_file_client"
            ),
            models.Index(  # how many there are, and how many a client has
                fields=["organization", "client"],
                include=["visibility"],
                condition=Q(deleted_at__isnull=True),
                name="files_file_counted",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FileVersionQuerySet(models.QuerySet["FileVersion"]):
    def visible_to(self, actor: Actor) -> Self:
        """Who sees a file sees its versions; a contact those that are clean, or his own."""
        files = File.objects.visible_to(actor).values("id")
        rows = self.filter(organization_id=actor.organization_id, file_id__in=files)
        if actor.is_team:
            return rows
        clean = Q(scan_status=FileVersion.ScanStatus.CLEAN)
        return rows.filter(clean | Q(created_by_id=actor.user_id))


class FileVersion(Part):
    """Immutable bytes, named by their SHA-256; `number` counts from 1 and never repeats."""

    class ScanStatus(models.TextChoices):
        PENDING = "pending"
        CLEAN = "clean"
        INFECTED = "infected"

    file = models.ForeignKey(File, models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    storage_key = models.CharField(max_length=200)
    scan_status = models.CharField(max_length=8, choices=ScanStatus, default=ScanStatus.PENDING)
    scan_report = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = FileVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "file", "number"], name="files_version_number_once"
            ),
            models.CheckConstraint(condition=Q(size__gt=0), name="files_version_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.number}"
