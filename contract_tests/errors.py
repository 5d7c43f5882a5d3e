"""The ways in which a run cannot go on. A broken rule is neither: it is a `Finding`."""


class MisuseError(Exception):
    """The kit was given something that it cannot work with: one clear line for the user, exit 2."""


class UnjudgeableError(MisuseError):
    """The target gave nothing to judge: unreachable, or it refuses the token. One clear line, exit 2."""


class UnreachableError(UnjudgeableError):
    """Nothing listens at the target, so that nothing was sent."""


class StoppedError(Exception):
    """The run is over before all is sent; what was answered is judged."""


class CutError(StoppedError):
    """The time of the run was over before the answer to a request came, that was sent."""


class RecordingError(Exception):
    """The journal can no more be written, so that nothing more may be sent. Its text is one clear line."""
