"""Two tokens: what the first has made, the second finds by no operation."""

from __future__ import annotations

from collections.abc import Iterator

from contract_tests.extensions import content, deletion, listing, remix
from contract_tests.extensions.apart import RETRIEVE, UNAUTHENTICATED, across, own_rules
from contract_tests.extensions.paging import Paging
from contract_tests.extensions.recorder import Recorder
from contract_tests.extensions.retrieval import NOT_FOUND
from contract_tests.extensions.step import place, sending, step
from contract_tests.extensions.videos import STRANGERS
from contract_tests.model.credential import SECOND
from contract_tests.model.response import Response

UNKNOWN = "no other token is known that the server takes; --second-token gives one"
_REFUSED = "the server refuses the second token"


class SecondToken:
    """Tries each operation with the second token, where one is given."""

    def __init__(self, visit: Recorder) -> None:
        self.visit = visit
        self.run = visit.tracked.run
        self.contract = visit.tracked.contract
        self.given = self.run.settings.second_token is not None

    def reasons(self) -> Iterator[tuple[str, str]]:
        """Why what keeps another token away was not tested."""
        told = _REFUSED if self.given else UNKNOWN
        yield from dict.fromkeys((listing.OWN, *own_rules(self.contract).values()), told).items()

    def early(self) -> None:
        """List and retrieve."""
        known = list(self.visit.tracked.all)
        if not (self.given and known):
            return
        if self.visit.wanted(listing.LIST):
            self.visit.send(listing.foreign(self.contract, known, Paging(self.visit).largest, SECOND))
        self._try(RETRIEVE, known[0])

    def late(self, video: str) -> None:
        """Download, remix and delete a completed video, which is there for its own token all the same."""
        if not (self.given and self._taken()):
            return
        self._try(content.CONTENT, video)
        if remix.REMIX in own_rules(self.contract) and self.visit.wanted(remix.REMIX):
            self.visit.pay(across(self.contract, remix.REMIX, video))
        answer = self._try(deletion.DELETE, video)
        if answer is None:
            return
        if answer.accepted:
            del self.visit.tracked.all[video]
        else:
            self.visit.tracked.look(video)

    def _try(self, operation: str, video: str) -> Response | None:
        if operation in own_rules(self.contract) and self.visit.wanted(operation):
            return self.visit.send(across(self.contract, operation, video))
        return None

    def _taken(self) -> bool:
        """Whether the server takes the second token: an id that nobody was given is not found, rather than refused."""
        one = step(place(self.contract, RETRIEVE, STRANGERS[0]), NOT_FOUND)
        answer = self.visit.ask(sending(one, credential=SECOND))
        return answer.status != UNAUTHENTICATED
