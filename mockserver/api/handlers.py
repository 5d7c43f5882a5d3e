"""Handlers: each operation of the document with the reader of its body."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.api.capacity import Capacity
from mockserver.api.context import RequestContext
from mockserver.api.endpoint import Handler, Methods
from mockserver.api.operations import Operations
from mockserver.spec.document import Operation
from mockserver.web.asgi import BodyReader
from mockserver.web.bodies import JSONReader, check_coding, form_reader, read_query

logger = logging.getLogger("mockserver")


def handlers(service: Operations, downloads: Capacity) -> dict[str, Handler]:
    """What answers each operation, by its id. ``downloads`` bounds those of content."""

    def form(context: RequestContext) -> BodyReader:
        check_coding(context.header(b"content-encoding"))
        content_type, length = context.header(b"content-type") or "", context.header(b"content-length") or ""
        return form_reader(service.rules["createVideo"], service.storage, content_type, length)

    def json(context: RequestContext) -> JSONReader:
        check_coding(context.header(b"content-encoding"))
        return JSONReader(service.rules["remixVideo"], context.header(b"content-type") or "")

    def retrieve(context: RequestContext, _: None) -> Any:
        return service.retrieve(context.owner, context.parameters["video_id"])

    def page(context: RequestContext, _: None) -> Any:
        return service.list(context.owner, read_query(context.query))

    def delete(context: RequestContext, _: None) -> Any:
        return service.delete(context.owner, context.parameters["video_id"])

    def content(context: RequestContext, _: None) -> Any:
        return service.content(context, read_query(context.query))

    return {
        handler.operation: handler
        for handler in (
            Handler("createVideo", service.create, form),
            Handler("retrieveVideo", retrieve),
            Handler("listVideos", page),
            Handler("deleteVideo", delete),
            Handler("remixVideo", service.remix, json),
            Handler("downloadContent", content, capacity=downloads),
        )
    }


def by_path(operations: Iterable[Operation], known: Mapping[str, Handler]) -> dict[str, Methods]:
    """The handlers of each path by method; an operation that this mock lacks is left out."""
    paths: dict[str, Methods] = {}
    for operation in operations:
        if operation.id in known:
            paths.setdefault(operation.path, {})[operation.method] = known[operation.id]
        else:
            logger.warning("left out: %s %s, this mock has no %s", operation.method, operation.path, operation.id)
    for methods in paths.values():
        if "GET" in methods:
            methods["HEAD"] = methods["GET"]
    return paths
