"""An overview with its server, as `palier overview` opens it, beside a desk.

overseen_process.py ADDRESS SESSION PASSWORD
"""

from __future__ import annotations

import sys

from palier.cli.overseeing import show_overview
from palier.cli.server import Server
from palier.client.screens.look import Look

PLACE = (1440, 100, 1080, 760)


def main() -> None:
    address, session, password = sys.argv[1:]
    show_overview(
        Server(amqp=address, operator_password=password),
        session,
        Look(palette="light", scale=1.0, language="en", place=PLACE),
    )


if __name__ == "__main__":
    main()
