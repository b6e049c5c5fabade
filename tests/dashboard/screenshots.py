"""Pictures of the golden tenant: `make screenshots`. An ordinary test run does not collect them."""

from pathlib import Path

from playwright.sync_api import Browser

from jobs.dashboard_process import dashboard_process

FOLDER = Path(".screenshots")
SIZES = {"wide": (1280, 900), "phone": (390, 844)}
STEPS = ("month", "unit", "person", "day", "request")
DRAWN_MS = 2_000


def test_take_screenshots(golden, chromium: Browser) -> None:
    FOLDER.mkdir(exist_ok=True)
    with dashboard_process(golden.settings, port=0) as dashboard:
        for name, (width, height) in SIZES.items():
            for scheme in ("light", "dark"):
                size = {"width": width, "height": height}
                page = chromium.new_page(viewport=size, color_scheme=scheme)
                page.goto(dashboard.url)
                for number, step in enumerate(STEPS):
                    if number:
                        page.locator("tbody a").first.click()
                    page.locator("dl dt, tbody a").first.wait_for()
                    page.wait_for_timeout(DRAWN_MS)
                    page.screenshot(path=FOLDER / f"{name}-{scheme}-{number}-{step}.png")
                page.close()
    assert len(list(FOLDER.glob("*.png"))) >= len(SIZES) * 2 * len(STEPS)
