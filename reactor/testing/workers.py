"""FakeWorkers: work that is done at once, and known later."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any

from reactor.timers import Timer

if TYPE_CHECKING:
    from reactor.testing.network import Network


class FakeWorkers(Executor):
    """An Executor in simulated time. What was begun later may well be done earlier."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._waiting: dict[Future[Any], Timer] = {}

    def submit(self, work: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:
        """Have work done. The future has its result when its time has come."""
        network = self._network
        future: Future[Any] = Future()
        delay_s = network.some(network.faults.job_s)
        timer = network.call_later(delay_s, self._finish, future, work, args, options)
        self._waiting[future] = timer
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """Nothing that waits will be done."""
        for future, timer in self._waiting.items():
            self._network.cancel(timer)
            future.cancel()
        self._waiting.clear()

    def _finish(
        self,
        future: Future[Any],
        work: Callable[..., Any],
        args: tuple[Any, ...],
        options: dict[str, Any],
    ) -> None:
        del self._waiting[future]
        network = self._network
        network.step()
        try:
            if network.chance(network.faults.job_errors):
                raise OSError("a fault of the simulation: the work failed")
            result = work(*args, **options)
        except Exception as error:  # noqa: BLE001 - it is raised again by who asks for the result
            future.set_exception(error)
        else:
            future.set_result(result)
