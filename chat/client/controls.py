"""The parts of the screen that prompt_toolkit does not have."""

from __future__ import annotations

from collections.abc import Iterable

from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.layout import UIContent, UIControl
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.utils import get_cwidth

from chat.client.complete import complete
from chat.client.conversation import Conversation
from chat.client.model import Model
from chat.client.show import pending_rows
from chat.client.typed import secret_from
from chat.client.viewport import Viewport


class Lines(UIControl):
    """The rows of the room that is shown."""

    def __init__(self, talk: Conversation, viewport: Viewport) -> None:
        self._talk = talk
        self._viewport = viewport
        self.height = 1

    def create_content(self, width: int, height: int) -> UIContent:
        """As many rows as there is room for."""
        self.height = height
        room = self._talk.model.current
        below = pending_rows(self._talk, room, width, get_cwidth)
        rows = self._viewport.rows(room, below, width, height)
        return UIContent(lambda number: [*rows[number]], len(rows), show_cursor=False)


class Masked(Processor):
    """A password is typed where others may look on."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """Stars for its letters."""
        start = secret_from(transformation_input.document.text)
        shown, at = [], 0
        for style, text, *_ in transformation_input.fragments:
            keep = max(0, min(len(text), start - at))
            shown.append((style, text[:keep] + "*" * (len(text) - keep)))
            at += len(text)
        return Transformation([*shown])


class Completions(Completer):
    """What the Tab key offers; of files, too."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._paths = PathCompleter(expanduser=True)

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        """What could stand in front of the cursor."""
        before = document.text_before_cursor
        path = before.lstrip().partition(" ")[2]
        if before.lstrip().startswith("/file "):
            yield from self._paths.get_completions(Document(path), complete_event)
            return
        for offer in complete(before, self._model):
            yield Completion(offer.text, -offer.length, display_meta=offer.meaning)
