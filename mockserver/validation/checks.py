"""The verdict on a form: a normalised request, or the first rule that it breaks. Pure."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from mockserver.spec.document import DocumentError, Error
from mockserver.spec.rules import FILE_ID, URI, FormRule, FormRules, Values
from mockserver.validation.images import READERS, Image, read_image
from mockserver.validation.multipart import Form, Part

LONGEST_ADDRESS = 100
"""Characters of an address that a message repeats."""


class ParsedForm(msgspec.Struct):
    """A form as read: the values that the schema judges, the files by their bytes, and what could not be read."""

    form: Form
    rules: FormRules
    values: Values
    images: dict[str, Image]
    unreadable: dict[str, UnicodeDecodeError]


def read(rules: FormRules, form: Form) -> ParsedForm:
    """Decode the text, name the files by their bytes and fill in the defaults. Of a repeated field, the first."""
    values: Values = {}
    images: dict[str, Image] = {}
    unreadable: dict[str, UnicodeDecodeError] = {}
    for name, field in rules.fields.items():
        parts = form.get(name)
        if parts is None:
            if field.default is not None:
                values[name] = field.default
        elif field.is_file:
            values[name] = ""
            images[name] = read_image(parts[0].chunks)
        else:
            try:
                chunks = parts[0].chunks
                text = (chunks[0] if len(chunks) == 1 else b"".join(chunks)).decode()
            except UnicodeDecodeError as error:
                unreadable[name] = error
            else:
                values[name] = text if field.is_text else _number_or_text(text, whole=field.is_whole)
    for name in form:
        if name not in rules.fields:
            values[name] = ""  # whether it may be there is all that the schema is asked
    return ParsedForm(form, rules, values, images, unreadable)


def _number_or_text(text: str, *, whole: bool) -> Any:
    """The JSON value that a text spells, for a field whose type is not string; 1.0 and 1e1 are no ``whole`` numbers."""
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return text if whole and isinstance(value, float) else value


MessageValues = dict[str, Any]
"""What an error message is filled in with."""


class Violation(msgspec.Struct, frozen=True):
    """A broken rule: its id, the error that it earns, and the words that tell of it."""

    rule: str
    error: Error
    words: MessageValues


class Request(msgspec.Struct, frozen=True):
    """A form that breaks no rule: its fields as sent or by default, and its files."""

    values: Values
    files: dict[str, Part]


def check_rules(rules: FormRules) -> None:
    """Check that every rule can be judged.

    ``LookupError`` where a kind of rule has no check; ``DocumentError`` where a file may be of a type that cannot be
    told by its bytes.
    """
    for rule in rules.checks:
        check_of(rule)
    for name, field in rules.fields.items():
        for file_type in field.file_types:
            if file_type not in READERS:
                known = ", ".join(READERS)
                raise DocumentError(f"encoding of {name}: '{file_type}' cannot be judged by its bytes; {known} can")


def judge(rules: FormRules, form: Form) -> Request | Violation:
    """Hold ``form`` against ``rules``: the request that it makes, or the first broken rule in the document's order."""
    return verdict_on(read(rules, form))


def judge_values(rules: FormRules, values: Values) -> Request | Violation:
    """Hold the values of a JSON object against ``rules``, likewise."""
    form = {name: [Part(name, None, None, [])] for name in values}
    defaults = {name: field.default for name, field in rules.fields.items() if field.default is not None}
    return verdict_on(ParsedForm(form, rules, defaults | values, {}, {}))


def verdict_on(reading: ParsedForm) -> Request | Violation:
    """What a form that was read makes: a request, or the first broken rule."""
    rules, form = reading.rules, reading.form
    is_valid = rules.schema.is_valid(reading.values)
    for rule in rules.checks:
        words = _broken(rule, reading, is_valid=is_valid)
        if words is not None:
            return Violation(rule.id, rule.error, {"field": rule.field, **words})
    return Request(reading.values, {name: form[name][0] for name in reading.images})


def forgiven(reading: ParsedForm) -> Iterator[Violation]:
    """The mistakes of a form that breaks no rule which the official service was reported to refuse nevertheless.

    The rules that it refuses them by are those of text in place of a file, and of a file's type.
    """
    for rule in reading.rules.checks:
        find = FORGIVEN.get(rule.kind)
        words = find(rule, reading) if find is not None and rule.field in reading.form else None
        if words is not None:
            yield Violation(rule.id, rule.error, {"field": rule.field, **words})


def _broken(rule: FormRule, reading: ParsedForm, *, is_valid: bool) -> MessageValues | None:
    """The words that tell how ``reading`` breaks ``rule``; ``None`` if it does not, or cannot be judged by it.

    ``is_valid``: the whole schema finds nothing.
    """
    check = check_of(rule)
    if is_valid and check.is_schema:
        return None
    if check.needs_field and rule.field is not None and rule.field not in reading.form:
        return None
    if rule.other is not None and not _is_sound(rule.other, reading, is_valid=is_valid):
        return None
    return check.find(rule, reading)


def _is_sound(field: str, reading: ParsedForm, *, is_valid: bool) -> bool:
    """Whether ``field`` breaks no rule of its own, so that a rule across fields can be judged by it."""
    own = (rule for rule in reading.rules.checks if rule.field == field and rule.other is None)
    return all(_broken(rule, reading, is_valid=is_valid) is None for rule in own)


def _required(rule: FormRule, reading: ParsedForm) -> MessageValues | None:
    return {} if rule.field not in reading.form else None


def _repeated(rule: FormRule, reading: ParsedForm) -> MessageValues | None:
    count = len(_parts(rule, reading))
    return {"count": count} if count > 1 else None


def _text(rule: FormRule, reading: ParsedForm) -> MessageValues | None:
    part = _parts(rule, reading)[0]
    if part.fault is not None:
        return {"value": part.fault.value}
    return {"value": "a file"} if part.filename is not None else None


def _fault(rule: FormRule, reading: ParsedForm) -> MessageValues | None:
    """What an object in place of a file refers to, and nothing is found at."""
    fault = _parts(rule, reading)[0].fault
    if fault is None or fault.kind != rule.kind:
        return None
    return {"value": fault.value[:LONGEST_ADDRESS], "reason": fault.reason}


def _text_encoding(rule: FormRule, reading: ParsedForm) -> MessageValues | None:
    error = reading.unreadable.get(rule.field or "")
    return {"value": f"0x{error.object[error.start]:02x}", "count": error.start} if error else None


def _file(rule: FormRule, reading: ParsedForm) -> MessageValues | None:
    """Text is a part that neither its header nor its bytes call a file: real clients leave out name and type."""
    part = _parts(rule, reading)[0]
    if part.filename is not None or not (part.content_type or "text/plain").startswith("text/"):
        return None
    came = "a string" if part.fault is None else part.fault.value
    return {"value": came} if not part.chunks or _image(rule, reading).type == "text/plain" else None


def _file_type(rule: FormRule, reading: ParsedForm) -> MessageValues | None:
    image = _image(rule, reading)
    return {"type": image.type, "allowed": rule.limit} if image.type not in rule.limit else None


def _unnamed_file(rule: FormRule, reading: ParsedForm) -> MessageValues | None:
    return {"value": "a string"} if _parts(rule, reading)[0].filename is None else None


def _declared_type(rule: FormRule, reading: ParsedForm) -> MessageValues | None:
    declared = _parts(rule, reading)[0].content_type
    return {"type": declared, "allowed": rule.limit} if declared is not None and declared not in rule.limit else None


def _file_intact(rule: FormRule, reading: ParsedForm) -> MessageValues | None:
    image = _image(rule, reading)
    return None if image.intact else {"type": image.type, "allowed": rule.limit}


def _dimensions(rule: FormRule, reading: ParsedForm) -> MessageValues | None:
    image, expected = _image(rule, reading), reading.values.get(rule.other or "")
    if expected is None or image.dimensions == expected:
        return None
    return {"image": image.dimensions, "other": rule.other, "expected": expected}


def _keyword(rule: FormRule, reading: ParsedForm) -> MessageValues | None:
    """A keyword of JSON Schema on one field."""
    value = reading.values[rule.field or ""]
    count = len(value) if isinstance(value, str) else 0
    words = {"value": value, "limit": rule.limit, "allowed": rule.limit, "count": count}
    return _fails(rule, value, words)


def _condition(rule: FormRule, reading: ParsedForm) -> MessageValues | None:
    """An if/then between two fields; what it leaves of the values of the first is what is allowed."""
    field, values = rule.field or "", reading.values
    choices = reading.rules.fields[field].allowed
    allowed = [choice for choice in choices if rule.validator and rule.validator.is_valid({**values, field: choice})]
    words = {
        "value": values.get(field),
        "other": rule.other,
        "expected": values.get(rule.other or ""),
        "allowed": allowed,
    }
    return _fails(rule, values, words)


def _whole(rule: FormRule, reading: ParsedForm) -> MessageValues | None:
    return _fails(rule, reading.values, {})


def _fails(rule: FormRule, value: Any, words: MessageValues) -> MessageValues | None:
    if rule.validator is None or rule.validator.is_valid(value):
        return None
    if "{reason}" in rule.error.message:
        words["reason"] = next(rule.validator.iter_errors(value)).message
    return words


def _unknown(_rule: FormRule, reading: ParsedForm) -> MessageValues | None:
    """The first field that the schema does not know."""
    return next(({"field": name} for name in reading.form if name not in reading.rules.fields), None)


def _parts(rule: FormRule, reading: ParsedForm) -> list[Part]:
    return reading.form[rule.field or ""]


def _image(rule: FormRule, reading: ParsedForm) -> Image:
    return reading.images[rule.field or ""]


class Check(NamedTuple):
    """How one kind of breach is found.

    ``is_schema``: the whole request schema finds it too, so a form that passes the schema has no such breach.
    ``needs_field``: a form without the field cannot have it.
    """

    find: Callable[[FormRule, ParsedForm], MessageValues | None]
    is_schema: bool = False
    needs_field: bool = True


CHECKS: dict[str, Check] = {
    "required": Check(_required, is_schema=True, needs_field=False),
    "repeated": Check(_repeated),
    "text": Check(_text),
    "text-encoding": Check(_text_encoding),
    URI: Check(_fault),
    FILE_ID: Check(_fault),
    "file": Check(_file),
    "file-type": Check(_file_type),
    "file-intact": Check(_file_intact),
    "x-dimensions-match": Check(_dimensions),
    "condition": Check(_condition, is_schema=True, needs_field=False),
    "additionalProperties": Check(_unknown, is_schema=True),
    "*": Check(_whole, is_schema=True),
}
"""Every kind of breach of a form, but for the keywords of JSON Schema on one field."""

FORGIVEN: dict[str, Callable[[FormRule, ParsedForm], MessageValues | None]] = {
    "file": _unnamed_file,
    "file-type": _declared_type,
}
"""What finds a mistake that is forgiven by default, by the kind of the rule that the official service applies."""

KEYWORD = Check(_keyword, is_schema=True)


def check_of(rule: FormRule) -> Check:
    """The check of a rule: that of its kind, or that of a schema keyword. ``LookupError`` if there is none."""
    check = CHECKS.get(rule.kind)
    if check is None:
        if rule.validator is None:
            raise LookupError(f"{rule.id}: the kind '{rule.kind}' has no check in validation.checks.CHECKS")
        return KEYWORD
    return check
