"""What can go wrong: one exception per cause that a caller can act on."""


class DdmError(Exception):
    """The base of all errors of this package."""


class NotARun(DdmError):
    """The folder is not the run folder of ddm, or its files are damaged."""


class NotFinished(DdmError):
    """The run has no finished attribution, or not the part that was requested."""


class UnknownFormat(DdmError):
    """A newer version of ddm wrote the run in a format that this package does not know."""


class NoData(DdmError):
    """The training images cannot be read here: they have moved, or need a reader that is not installed."""


class DdmFailed(DdmError):
    """A command of ddm ended with an error.

    `kind` and `exit_code` are those of docs/formats.md (`bad_input` and 3, …); the text is ddm's own message.
    """

    def __init__(self, message, kind, exit_code):
        super().__init__(message)
        self.kind = kind
        self.exit_code = exit_code
