"""Reads the list of videos: its default page, its bounds, both orders, and page after page to its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from contract_tests.extensions import listing
from contract_tests.extensions.listing import LIST, ORDER, PAGE, stable
from contract_tests.extensions.recorder import Recorder
from contract_tests.extensions.step import Step
from contract_tests.extensions.videos import ENDED, STRANGERS
from contract_tests.model.response import Response

#: Pages that a whole walk has of the run's own videos; a list of strangers' may have more.
_PAGES = 4
#: Pages after which the end of a long list is not looked for any more.
_MOST = 40
#: Pages that show whether a list goes on in another order than the usual one.
_FEW = 3
#: Videos of the last page that is just full.
_LAST = 2


class Paging:
    """Reads the list of one server."""

    def __init__(self, visit: Recorder) -> None:
        self.visit = visit
        self.contract = visit.tracked.contract
        #: The largest page that may be asked for, as it is sent; empty where the document names none.
        self.largest = self._largest()

    def all(self) -> None:
        """Everything that the list shows."""
        self._page(PAGE, {})
        for one in listing.bounds(self.contract):
            self._ask(one)
        widest = {"limit": self.largest} if self.largest else {}
        for order in self._orders():
            self._page(ORDER, {"order": order, **widest})
        self._walk({})
        for order in self._orders():
            if order != self._order():
                self._walk({"order": order}, _FEW)
        for one in (*listing.refusals(self.contract), *listing.cursors(self.contract, STRANGERS[0])):
            self.visit.send(one)
        self.visit.uninvited(LIST)
        known = list(self.visit.tracked.all)
        if known:
            self.visit.send(listing.foreign(self.contract, known, self.largest))

    def glance(self) -> None:
        """The oldest videos at this moment: they are listed, and as they have been seen."""
        if "asc" in self._orders():
            self._page(ORDER, {"order": "asc", **({"limit": self.largest} if self.largest else {})})

    def _walk(self, order: Mapping[str, str], most: int = _MOST) -> None:
        """Page after page, `most` at most: every video of the run stands on one of them, and on one alone."""
        expected = list(self.visit.tracked.all)
        size = max(1, len(expected) // _PAGES)
        size = min(size, int(self.largest)) if self.largest else size
        seen: list[str] = []
        last: int | None = None
        query = {**order, "limit": str(size)}
        for number in range(most):
            answer = self._page(PAGE, query, seen=list(seen), last=last, expected=expected)
            body = answer.object or {}
            data = body.get("data")
            items = [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []
            ids = [str(item.get("id")) for item in items]
            expected = [video for video in expected if video not in ids]
            if not ids or body.get("has_more") is not True or set(ids) <= set(seen):
                self._end(order, [*seen, *ids])
                return
            if not expected and number > 2 * _PAGES:
                # The rest of a long list is of others, and need not be read.
                return
            seen += ids
            last = items[-1].get("created_at") if isinstance(items[-1].get("created_at"), int) else last
            query = {**order, "limit": str(size), "after": ids[-1]}

    def _end(self, order: Mapping[str, str], ids: list[str]) -> None:
        """The last videos on a page that they just fill: what is said to follow it has to come."""
        query = {**order, "limit": str(_LAST)}
        if len(ids) > _LAST:
            answer = self._page(PAGE, {**query, "after": ids[-_LAST - 1]}, expected=[])
            if (answer.object or {}).get("has_more") is True:
                self._page(PAGE, {**query, "after": ids[-1]}, seen=ids, expected=[])

    def _page(self, rule: str, query: Mapping[str, str], **facts: Any) -> Response:
        return self._ask(
            listing.page(self.contract, rule, query, **{"expected": list(self.visit.tracked.all), **facts})
        )

    def _ask(self, one: Step) -> Response:
        """Ask for a page, and keep it with what is known of the videos on it."""
        answer = self.visit.ask(one)
        data = (answer.object or {}).get("data")
        ids = [item.get("id") for item in data if isinstance(item, dict)] if isinstance(data, list) else []
        known = {
            video: self._known(video) for video in ids if isinstance(video, str) and video in self.visit.tracked.all
        }
        self.visit.keep(replace(one, facts=one.facts | {"created": known}), answer)
        return answer

    def _known(self, video: str) -> dict[str, Any]:
        """What is known of a video: all of it where it was seen finished, else what never changes."""
        state, created = self.visit.tracked.state(video), self.visit.tracked.all[video].created
        if state.get("status") in ENDED:
            return state
        return {key: created[key] for key in stable(self.contract) if key in created}

    def _order(self) -> str | None:
        operation = self.contract.extension(LIST)
        pointer = None if operation is None else self.contract.parameter(operation, "order")
        return None if pointer is None else self.contract.document.resolve(pointer).get("default")

    def _orders(self) -> list[str]:
        operation = self.contract.extension(LIST)
        pointer = None if operation is None else self.contract.parameter(operation, "order")
        return [] if pointer is None else list(self.contract.document.resolve(pointer).get("enum", ()))

    def _largest(self) -> str:
        operation = self.contract.extension(LIST)
        pointer = None if operation is None else self.contract.parameter(operation, "limit")
        schema = {} if pointer is None else self.contract.document.resolve(pointer)
        return str(schema["maximum"]) if "maximum" in schema else ""
