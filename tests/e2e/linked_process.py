"""A desk with its link and its journal, as `palier desk` opens it.

linked_process.py ADDRESS CREDENTIALS JOURNAL HEARTBEAT
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from palier.broker.address import Address
from palier.client.credentials import Credentials
from palier.client.journal import Journal
from palier.client.screens.look import Look
from palier.client.seating import show_desk


def main() -> None:
    address, credentials, path, heartbeat = sys.argv[1:]
    with Journal(Path(path)) as journal:
        show_desk(
            Address.parse(address).transport(heartbeat=int(heartbeat)),
            Credentials(**json.loads(credentials)),
            journal,
            Look(palette="light", scale=1.0, language="en"),
        )


if __name__ == "__main__":
    main()
