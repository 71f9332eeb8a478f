"""A desk with its link and its journal, as `palier desk` opens it.

linked_process.py ADDRESS CREDENTIALS JOURNAL
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from palier.cli.desk import show_desk
from palier.cli.server import Server
from palier.client.credentials import Credentials
from palier.client.journal import Journal
from palier.client.screens.look import Look


def main() -> None:
    address, credentials, path = sys.argv[1:]
    with Journal(Path(path)) as journal:
        show_desk(
            Server(amqp=address),
            Credentials(**json.loads(credentials)),
            journal,
            Look(palette="light", scale=1.0, language="en"),
        )


if __name__ == "__main__":
    main()
