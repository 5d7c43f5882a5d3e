"""Faults of the text fields: prompt, model, seconds and size."""

from __future__ import annotations

from collections.abc import Callable

from .checks import Checks, Form, Refusal, check_length, check_pro, check_text
from .fault import Fault, fault
from .picture import Picture

MODELS = ("sora-2", "sora-2-pro")
SECONDS = ("4", "8", "12")
SIZES = ("720x1280", "1280x720", "1024x1792", "1792x1024")
DEFAULTS = {"model": "sora-2", "seconds": "4", "size": "720x1280"}


def _files_for(name: str) -> Callable[[Checks, Form, str], None]:
    """A file is fine for this field."""
    return lambda b, form, other: None if other == name else check_text(b, form, other)


def _file_taken(name: str) -> dict[str, object]:
    return {"text": _files_for(name)}


def _plain(name: str, change: Callable[[str], str]) -> dict[str, object]:
    """Values of this field are changed before they are compared."""
    return {"plain": lambda field, value: change(value) if field == name else value}


def _number(read: Callable[[str], float]) -> Callable[[str], str]:
    """A value that `read` understands becomes the plain number."""

    def change(value: str) -> str:
        try:
            return f"{read(value):g}"
        except ValueError:
            return value

    return change


def _last(name: str, good: Callable[[str], bool]) -> dict[str, object]:
    """Whatever is `good` is a value of this field, and the answer repeats it."""

    class Values(tuple[str, ...]):
        __slots__ = ()

        def __contains__(self, value: object) -> bool:
            return isinstance(value, str) and (super().__contains__(value) or good(value))

    return {
        {"model": "models", "seconds": "seconds", "size": "sizes"}[name]: Values(
            {"model": MODELS, "seconds": SECONDS, "size": SIZES}[name]
        )
    }


def _when(broken: Callable[[dict[str, str]], bool], say: str) -> Callable[[Checks, Form], None]:
    """The clean check of the pair, and a refusal where the values sent are `broken`."""

    def pro(b: Checks, form: Form) -> None:
        check_pro(b, form)
        if broken({name: b.value(form, name) for name in DEFAULTS}):
            raise Refusal(400, "invalid_value", "size", say)

    return pro


def _pro_where_sent(b: Checks, form: Form) -> None:
    """A model left out is not filled in before the sizes are compared."""
    if form.find("model") is not None:
        check_pro(b, form)


def _refused_prompt(bad: Callable[[str], bool], say: str) -> Callable[[Checks, Form], None]:
    def length(b: Checks, form: Form) -> None:
        check_length(b, form)
        if bad(form.text("prompt") or ""):
            raise Refusal(400, "invalid_value", "prompt", say)

    return length


def _fits_where_offered(picture: Picture, size: str) -> bool:
    return size not in SIZES or f"{picture.width}x{picture.height}" == size


def _length_where_sent(b: Checks, form: Form) -> None:
    if form.find("prompt") is not None:
        check_length(b, form)


def _pro_unless_12(b: Checks, form: Form) -> None:
    if b.value(form, "seconds") != "12":
        check_pro(b, form)


def _is_size(value: str) -> bool:
    width, _, height = value.partition("x")
    return width.isdecimal() and height.isdecimal()


# fmt: off
PROMPT = (
    fault("prompt-optional", "prompt.required", "A request without a prompt is accepted.", required=("input_reference",), length=_length_where_sent),
    fault("prompt-file", "prompt.type", "A file is accepted as prompt.", **_file_taken("prompt")),
    fault("prompt-empty", "prompt.min-length", "An empty prompt is accepted.", shortest=0),
    fault("prompt-two", "prompt.min-length", "A prompt of one character is refused.", shortest=2),
    fault("prompt-trimmed", "prompt.min-length", "A prompt of white space alone is refused.", measure=lambda prompt: 0 if prompt.isspace() else len(prompt)),
    fault("prompt-unlimited", "prompt.max-length", "A prompt of any length is accepted.", longest=10**9),
    fault("prompt-32001", "prompt.max-length", "A prompt of one character too many is accepted.", longest=32_001),
    fault("prompt-31999", "prompt.max-length", "A prompt of exactly the greatest length is refused.", longest=31_999),
    fault("prompt-1000", "prompt.max-length", "A prompt of more than 1000 characters is refused.", longest=1_000),
    fault("prompt-bytes", "prompt.max-length", "The prompt's length is counted in bytes.", measure=lambda prompt: len(prompt.encode())),
    fault("prompt-utf-16", "prompt.max-length", "The prompt's length is counted in UTF-16 units.", measure=lambda prompt: len(prompt.encode("utf-16-le")) // 2),
    fault("prompt-ascii", "fields.text-encoding", "A prompt beyond ASCII is refused.", length=_refused_prompt(lambda prompt: not prompt.isascii(), "The prompt is not ASCII.")),
    fault("prompt-one-line", "prompt.type", "A prompt of two lines is refused.", length=_refused_prompt(lambda prompt: "\n" in prompt, "The prompt has a line break.")),
)

MODEL = (
    fault("model-required", "model.optional", "A request without a model is refused.", required=("prompt", "input_reference", "model")),
    fault("model-file", "model.type", "A file is accepted as model.", **_file_taken("model")),
    fault("model-any", "model.enum", "Any model is accepted.", **_last("model", lambda _value: True)),
    fault("model-prefix", "model.enum", "Every model that starts with sora-2 is accepted.", **_last("model", lambda value: value.startswith("sora-2"))),
    fault("model-extra", "model.enum", "The model sora-1 is accepted too.", models=(*MODELS, "sora-1")),
    fault("model-case", "model.enum", "The model is accepted in any letter case.", **_plain("model", str.lower)),
    fault("model-white-space", "model.enum", "White space around the model is accepted.", **_plain("model", str.strip)),
    fault("model-empty", "model.enum.empty", "An empty model means the default.", **_plain("model", lambda value: value or "sora-2")),
    fault("model-unknown-default", "model.enum", "An unknown model is replaced by the default in silence.", **_plain("model", lambda value: value if value in MODELS else "sora-2")),
    fault("model-pro-refused", "model.enum", "sora-2-pro is refused.", models=("sora-2",)),
    fault("model-default-pro", "model.default", "A model left out is sora-2-pro.", defaults=DEFAULTS | {"model": "sora-2-pro"}),
)

SECONDS_FAULTS = (
    fault("seconds-required", "seconds.optional", "A request without seconds is refused.", required=("prompt", "input_reference", "seconds")),
    fault("seconds-file", "seconds.type", "A file is accepted as seconds.", **_file_taken("seconds")),
    fault("seconds-any", "seconds.enum", "Any seconds are accepted.", **_last("seconds", lambda _value: True)),
    fault("seconds-digits", "seconds.enum", "Any whole number of seconds is accepted.", **_last("seconds", lambda value: value.isascii() and value.isdecimal())),
    fault("seconds-5", "seconds.enum", "5 seconds are accepted too.", seconds=(*SECONDS, "5")),
    fault("seconds-16", "seconds.enum", "16 seconds are accepted too.", seconds=(*SECONDS, "16")),
    fault("seconds-0", "seconds.enum", "0 seconds are accepted too.", seconds=(*SECONDS, "0")),
    fault("seconds-between", "seconds.enum", "Every number from 4 to 12 is accepted.", **_last("seconds", lambda value: value in [str(n) for n in range(4, 13)])),
    fault("seconds-leading-zero", "seconds.enum", "Leading zeros are accepted.", **_plain("seconds", lambda value: value.lstrip("0"))),
    fault("seconds-white-space", "seconds.enum", "White space around seconds is accepted.", **_plain("seconds", str.strip)),
    fault("seconds-float", "seconds.enum", "4.0 is accepted for 4.", **_plain("seconds", _number(float))),
    fault("seconds-unit", "seconds.enum", "4s is accepted for 4.", **_plain("seconds", lambda value: value.removesuffix("s"))),
    fault("seconds-empty", "seconds.enum.empty", "Empty seconds mean the default.", **_plain("seconds", lambda value: value or "4")),
    fault("seconds-rounded", "seconds.enum", "Unknown seconds are replaced by the default in silence.", **_plain("seconds", lambda value: value if value in SECONDS else "4")),
    fault("seconds-8-refused", "seconds.enum", "8 seconds are refused.", seconds=("4", "12")),
    fault("seconds-12-refused", "seconds.enum", "12 seconds are refused.", seconds=("4", "8")),
    fault("seconds-default-8", "seconds.default", "Seconds left out are 8.", defaults=DEFAULTS | {"seconds": "8"}),
    fault("seconds-12-pro-refused", "response.status-code", "12 seconds are refused for sora-2-pro.", pro=_when(lambda v: (v["seconds"], v["model"]) == ("12", "sora-2-pro"), "Too long.")),
)

SIZE = (
    fault("size-required", "size.optional", "A request without a size is refused.", required=("prompt", "input_reference", "size")),
    fault("size-file", "size.type", "A file is accepted as size.", **_file_taken("size")),
    fault("size-any-fitting", "size.enum", "Every size is accepted that the picture has.", **_last("size", _is_size)),
    fault("size-any", "size.enum", "Sizes that are not offered are accepted whatever the picture is.", **_last("size", _is_size), fits=_fits_where_offered),
    fault("size-1080x1080", "size.enum", "1080x1080 is accepted too.", sizes=(*SIZES, "1080x1080")),
    fault("size-case", "size.enum", "720X1280 is accepted.", **_plain("size", str.lower)),
    fault("size-white-space", "size.enum", "White space around size is accepted.", **_plain("size", str.strip)),
    fault("size-star", "size.enum", "720*1280 is accepted.", **_plain("size", lambda value: value.replace("*", "x"))),
    fault("size-leading-zero", "size.enum", "0720x1280 is accepted.", **_plain("size", lambda value: "x".join(part.lstrip("0") for part in value.split("x")))),
    fault("size-empty", "size.enum.empty", "An empty size means the default.", **_plain("size", lambda value: value or "720x1280")),
    fault("size-1280x720-refused", "size.enum", "1280x720 is refused.", sizes=("720x1280", "1024x1792", "1792x1024")),
    fault("size-1024x1792-refused", "size.enum", "1024x1792 is refused.", sizes=("720x1280", "1280x720", "1792x1024")),
    fault("size-default-landscape", "size.default", "A size left out is 1280x720.", defaults=DEFAULTS | {"size": "1280x720"}),
    fault("pro-for-all", "size.needs-pro", "sora-2 is accepted with the 1792 sizes.", pro_sizes=()),
    fault("pro-portrait-only", "size.needs-pro", "1792x1024 is accepted with sora-2.", pro_sizes=("1024x1792",)),
    fault("pro-landscape-only", "size.needs-pro", "1024x1792 is accepted with sora-2.", pro_sizes=("1792x1024",)),
    fault("pro-model-absent", "size.needs-pro", "The 1792 sizes are accepted where no model is sent.", pro=_pro_where_sent),
    fault("pro-unchecked-at-12", "size.needs-pro", "sora-2 is accepted with the 1792 sizes when 12 seconds are asked for.", pro=_pro_unless_12),
    fault("pro-refused", "size.needs-pro", "The 1792 sizes are refused with sora-2-pro.", pro_models=()),
    fault("pro-landscape-refused", "size.needs-pro", "1792x1024 is refused with sora-2-pro.", pro=_when(lambda v: v["size"] == "1792x1024", "Not offered.")),
    fault("pro-large-only", "size.needs-pro", "The 720 sizes are refused with sora-2-pro.", pro=_when(lambda v: v["model"] == "sora-2-pro" and "1792" not in v["size"], "Not offered.")),
)
# fmt: on

FAULTS: tuple[Fault, ...] = PROMPT + MODEL + SECONDS_FAULTS + SIZE
