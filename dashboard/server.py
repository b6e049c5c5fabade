"""Runs Streamlit for this machine only, with every option fixed here; `python -m dashboard.server`.

The process ends when its standard input does: a parent that is killed leaves no server behind.
"""

import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from threading import Thread

from streamlit.web import cli

HOST = "127.0.0.1"
HEALTH_PATH = "/_stcore/health"

_OPTIONS: dict[str, str | int] = {
    "server.address": HOST,
    "browser.serverAddress": HOST,
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.enableStaticServing": "false",
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "logger.level": "warning",
    "theme.baseRadius": "small",
    "theme.headingFontSizes": "1.75rem",
    "theme.headingFontWeights": "600",
    # Blue and grey differ in lightness as well, so they are told apart without colour vision.
    "theme.light.primaryColor": "#0072B2",
    "theme.light.linkColor": "#005A8C",
    "theme.light.backgroundColor": "#FFFFFF",
    "theme.light.secondaryBackgroundColor": "#F4F6F8",
    "theme.light.textColor": "#1B1F24",
    "theme.light.borderColor": "#D5DAE0",
    "theme.light.grayTextColor": "#4B5563",
    "theme.dark.primaryColor": "#56B4E9",
    "theme.dark.linkColor": "#7CC4EE",
    "theme.dark.backgroundColor": "#14171A",
    "theme.dark.secondaryBackgroundColor": "#1F2429",
    "theme.dark.textColor": "#E4E7EB",
    "theme.dark.borderColor": "#3A424A",
}


def main() -> None:
    """Serve until stopped; the only argument is the port."""
    port = int(sys.argv[1])
    Thread(target=_stop_with_parent, daemon=True).start()
    Thread(target=_import_early, daemon=True).start()
    options = [f"--{name}={value}" for name, value in {**_OPTIONS, "server.port": port}.items()]
    app = Path(__file__).with_name("app.py")
    cli.main(["run", str(app), *options], prog_name="streamlit")


def _import_early() -> None:
    # What the first view needs and takes a second or two to import, while the browser opens.
    for module in ("pandas", "models.explain", "models.rendering", "dashboard.charts"):
        import_module(module)


def _stop_with_parent() -> None:
    # Not sys.stdin: its lock, held here, would break the interpreter's own end.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
