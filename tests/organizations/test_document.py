"""The settings document's form and meaning: each key, valid and invalid (P106, C11)."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from apps.core.privacy import DEFAULT_TIMES
from apps.organizations.document.changes import differences, merge_patch
from apps.organizations.document.faults import MAX_BYTES, faults_of
from apps.organizations.document.schema import document_schema
from apps.organizations.models import default_settings
from tests.organizations.documents import FULL, WRONG, changed, paths

FREE = ("settings.", "filter.", "_map.", "secret_ref", "escalation_hours.", "mapping.", "limits.c",
        "limits.per", "overrides.", "routes.")  # fmt: skip


def test_p106_the_document_of_the_contract_is_valid() -> None:
    assert faults_of(FULL) == []


def test_p106_the_settings_of_a_new_organization_are_valid() -> None:
    assert faults_of(default_settings()) == []


def test_p106_the_schema_is_json_schema_2020_12_and_names_the_defaults() -> None:
    schema = document_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["properties"]["security"]["properties"]["session_days"]["default"] == 7


@pytest.mark.parametrize("path", WRONG)
def test_p106_a_wrong_value_is_refused_with_its_path(path: str) -> None:
    """Each key has one invalid test; its valid one is the document of the contract."""
    found = faults_of(changed(path, WRONG[path]))
    assert found
    assert all(fault["field"].startswith(path) for fault in found), found
    assert all(set(fault) == {"field", "code", "message"} for fault in found)


def test_p106_each_key_of_the_contract_has_an_invalid_test() -> None:
    parts = ("apis", "integrations", "features", "limits", "branding", "locale", "security",
             "payments", "coordination", "events")  # fmt: skip
    free = [path for path in paths(FULL) if any(word in path for word in FREE)]
    tested = {*WRONG, *free, *parts}
    repeated = ("customEndpoints.1", "thirdParty.1", "authProviders.1", "authProviders.2",
                "fields.1", "fields.2")  # fmt: skip
    untested = [
        path for path in paths(FULL) if path not in tested and not any(r in path for r in repeated)
    ]
    assert untested == []


@pytest.mark.parametrize(
    "path",
    ["colour", "branding.colours", "apis.rateLimit.limits.sms", "features.games",
     "apis.authProviders.0.password", "integrations.webhooks.0.headers",
     "database.migrations.client_custom_tables.0.fields.0.sql"],
)  # fmt: skip
def test_p106_an_unknown_key_is_refused_with_its_path(path: str) -> None:
    (fault,) = faults_of(changed(path, "x"))
    assert (fault["field"], fault["code"]) == (path, "unknown")


@pytest.mark.parametrize("name", DEFAULT_TIMES)
def test_p106_each_time_that_retention_reads_has_its_bounds(name: str) -> None:
    """R145: the names are those that the runs of the retention times read."""
    assert faults_of(FULL | {"retention": {name: 1}}) == []
    (fault,) = faults_of(FULL | {"retention": {name: 0}})
    assert fault["field"] == f"retention.{name}"


@pytest.mark.parametrize("key", ["name", "type"])
def test_a_missing_key_is_named(key: str) -> None:
    document = changed("version", 1)
    del document["apis"]["authProviders"][0][key]
    assert faults_of(document)[0]["field"] == f"apis.authProviders.0.{key}"


def test_c11_plain_words_stand_for_providers_and_tables() -> None:
    document = changed("apis.authProviders", ["oauth", "saml", "custom"])
    document["database"]["migrations"] = "client_custom_tables"
    document["apis"]["customEndpoints"] = []
    assert faults_of(document) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [("branding.name", "Acme\x00"), ("integrations.thirdParty.0.settings", {"a\x00b": 1})],
)
def test_nul_is_refused_before_the_database_sees_it(path: str, value: Any) -> None:
    (fault,) = faults_of(changed(path, value))
    assert fault["field"].startswith(path)


@pytest.mark.parametrize(
    ("path", "value"),
    [("branding.domains", ["portal.acme.example\n"]), ("branding.from_email", "a@b.example\nBcc: "),
     ("security.allowed_origins", ["https://a.example\n"]), ("branding.colors.primary", "#1f4e7\n"),
     ("security.allowed_origins", ["https://a.example/path"]),
     ("security.allowed_origins", ["null"]), ("security.allowed_origins", ["http://a.example"])],
)  # fmt: skip
def test_p19_a_line_end_or_half_an_origin_is_no_value(path: str, value: Any) -> None:
    assert faults_of(changed(path, value))


def test_depth_and_size_are_bounded() -> None:
    deep: Any = "x"
    for _ in range(900):
        deep = {"a": deep}
    (fault,) = faults_of(changed("coordination.patterns", {"p": deep}))
    assert fault["code"] == "too_deep"
    wide = {f"k{n}": "x" * 2000 for n in range(MAX_BYTES // 2000 + 1)}
    (fault,) = faults_of(changed("coordination.patterns", wide))
    assert fault["code"] == "too_large"


@pytest.mark.parametrize("document", [None, [], "text", 7, True])
def test_only_an_object_is_a_document(document: Any) -> None:
    assert faults_of(document)[0]["code"] == "type"


def test_faults_are_bounded() -> None:
    assert len(faults_of({f"k{n}": n for n in range(500)})) == 50


def test_differences_name_each_change_as_rfc_6902_does() -> None:
    before = {"a": 1, "b": {"c/d": [1, 2, 3]}, "gone": True}
    after = {"a": 1.5, "b": {"c/d": [1, 4]}, "new": None}
    shown = [(c.op, c.path, c.before, c.after) for c in differences(before, after)]
    assert shown == [
        ("replace", "/a", 1, 1.5),
        ("replace", "/b/c~1d/1", 2, 4),
        ("remove", "/b/c~1d/2", 3, None),
        ("remove", "/gone", True, None),
        ("add", "/new", None, None),
    ]
    assert list(differences({"a": 1}, {"a": True}))
    assert list(differences(FULL, FULL)) == []


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_rfc_7396_examples(target: Any, patch: Any, result: Any) -> None:
    assert merge_patch(target, patch) == result
