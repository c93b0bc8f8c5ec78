"""Jobs: long work as rows of a queue table, with its row security."""

import apps.core.clock
import apps.core.ids
import django.db.models.functions.datetime
from django.db import migrations, models

from apps.core.tenancy import queue_security


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0002_log'),
    ]

    operations = [
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(default=apps.core.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=apps.core.clock.now, editable=False)),
                ('organization_id', models.UUIDField()),
                ('user_id', models.UUIDField(null=True)),
                ('kind', models.CharField(max_length=40)),
                ('status', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('succeeded', 'Succeeded'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued', max_length=9)),
                ('progress', models.PositiveSmallIntegerField(default=0)),
                ('params', models.JSONField(default=dict)),
                ('state', models.JSONField(default=dict)),
                ('result', models.JSONField(null=True)),
                ('error', models.CharField(blank=True, max_length=500)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('lease_until', models.DateTimeField(null=True)),
                ('lease_epoch', models.PositiveIntegerField(default=0)),
                ('is_cancellable', models.BooleanField(default=True)),
                ('cancel_asked_at', models.DateTimeField(null=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'events_job',
                'indexes': [models.Index(condition=models.Q(('status__in', ['queued', 'running'])), fields=['due_at'], name='events_job_due'), models.Index(fields=['organization_id', '-created_at', '-id'], name='events_job_new')],
                'constraints': [models.CheckConstraint(condition=models.Q(('progress__lte', 100)), name='events_job_percent'), models.CheckConstraint(condition=models.Q(models.Q(('lease_until__isnull', False), ('status', 'running')), models.Q(models.Q(('status', 'running'), _negated=True), ('lease_until__isnull', True)), _connector='OR'), name='events_job_running_is_leased'), models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['succeeded', 'failed', 'cancelled']), ('finished_at__isnull', False)), models.Q(('finished_at__isnull', True), ('status__in', ['queued', 'running'])), _connector='OR'), name='events_job_finished_has_a_time')],
            },
        ),
        queue_security("events_job"),
    ]
