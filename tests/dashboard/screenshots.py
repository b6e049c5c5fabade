"""Takes pictures of a published tenant's pages: `make screenshots` (after `make demo`)."""

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from jobs.dashboard_process import dashboard_process
from models.settings import read_settings

FOLDER = Path(".screenshots")
SIZES = {"wide": (1280, 900), "phone": (390, 844)}
SCHEMES = ("light", "dark")
STEPS = ("month", "unit", "person", "day", "request")
CHROMIUM_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def launch(playwright: object, executable: str) -> Browser:
    """Start a headless Chromium that talks to nobody but the page's server."""
    return playwright.chromium.launch(executable_path=executable, args=list(CHROMIUM_ARGUMENTS))


def first_link(page: Page) -> None:
    """Follow the first row of the table."""
    page.locator("tbody a").first.click()
    page.wait_for_timeout(1500)


def main(executable: str) -> None:
    """Walk from the month to a request in every size and scheme, one picture per step."""
    FOLDER.mkdir(exist_ok=True)
    with (
        dashboard_process(read_settings(), port=0) as dashboard,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright, executable)
        for name, (width, height) in SIZES.items():
            for scheme in SCHEMES:
                page = browser.new_page(
                    viewport={"width": width, "height": height}, color_scheme=scheme
                )
                page.goto(dashboard.url)
                page.locator("tbody a").first.wait_for()
                page.wait_for_timeout(2500)
                for number, step in enumerate(STEPS):
                    if number:
                        first_link(page)
                    page.screenshot(path=FOLDER / f"{name}-{scheme}-{number}-{step}.png")
                page.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
