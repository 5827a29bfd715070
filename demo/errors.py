"""What can go wrong on one machine, each as one sentence: what happened and what to do."""


class StackError(Exception):
    """Nothing can go on; the message is for the person at the keyboard."""


class Interrupted(StackError):
    """Somebody pressed Ctrl-C while we were still starting."""
