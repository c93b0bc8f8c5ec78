"""From the sign-in page to a company's own provider and back, in a real browser (P14, R20)."""

from collections.abc import Callable, Iterator

import pytest

from simulators.oidc import OidcSimulator
from tests.e2e.page import Page
from tests.e2e.studio import Caller

pytestmark = pytest.mark.browser
EMAIL = "pat@client.example"


@pytest.fixture
def provider(calling: Callable[[str], Caller]) -> Iterator[OidcSimulator]:
    """A provider of the demo studio, for one of its client companies."""
    owner = calling("owner")
    company = owner.get("/clients", limit=1)[0]
    with OidcSimulator() as simulator:
        secret = {"value": simulator.client_secret}
        owner._sent("PUT", "/organization/secrets/browser_test", json=secret)
        entry = {
            "name": "company", "type": "oauth", "title": "Client Ltd",
            "issuer": simulator.issuer, "client_id": simulator.client_id,
            "client_secret": {"secret_ref": "browser_test"}, "domains": ["client.example"],
            "client_company_id": company["id"],
        }  # fmt: skip
        _write(owner, [entry])
        yield simulator
        _write(owner, [])


def press(page: Page, words: str) -> None:
    """Press the button that reads so, once it is there."""

    def pressed() -> bool:
        for found in page.all("button"):
            if found.text == words:
                found.click()
                return True
        return False

    page.until(pressed, f"no button {words!r}")


def _write(owner: Caller, entries: list[dict[str, object]]) -> None:
    owner._sent("PATCH", "/organization/config", json={"apis": {"authProviders": entries}})


def test_p14_r20_a_person_comes_in_through_the_sign_in_of_his_company(
    page: Page, provider: OidcSimulator
) -> None:
    page.open()
    page.type("#email", EMAIL)
    press(page, "Continue with Client Ltd")
    page.shows("Simulated provider", "h1")
    assert page.one("input[name=email]").get_attribute("value") == EMAIL
    press(page, "Sign in")
    page.until(page.stored, "nobody is signed in")
    assert EMAIL in str(page.stored())
    page.shows("waiting for you", "h1")
    assert page.run("return location.hash") in {"", "#/"}


def test_r20_an_address_of_no_company_is_offered_nothing(
    page: Page, provider: OidcSimulator
) -> None:
    page.open()
    page.type("#email", "pat@else.example")
    press(page, "Sign in")
    page.shows("Enter your password.")
    assert "Continue with" not in page.text()


def test_p14_a_provider_that_fails_ends_on_a_page_with_a_way_back(
    page: Page, provider: OidcSimulator
) -> None:
    provider.fault = "wrong_nonce"
    page.open()
    page.type("#email", EMAIL)
    press(page, "Continue with Client Ltd")
    page.shows("Simulated provider", "h1")
    press(page, "Sign in")
    page.shows("You are not signed in", "h1")
    page.shows("nonce")
    page.one("a.btn").click()
    page.one("#password")
    assert page.stored() is None
