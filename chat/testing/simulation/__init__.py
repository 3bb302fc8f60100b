"""A whole chat server, with everyone on it, in simulated time, decided by one seed.

`scenario.py` draws what a run is made of, `scripts.py` and its like what people do; `people.py`
and its like play that; `simulation.py` runs the server; `watch.py` looks on, with a picture of its
own (`picture.py`); `rules.py` and `refusals.py` say what may happen, and `invariants.py` what must
always be so; `shrinking.py` makes small what fails.
"""

from chat.testing.simulation.scenario import Scenario, draw
from chat.testing.simulation.simulation import Figures, Simulation, Violation, failure, run

__all__ = ["Figures", "Scenario", "Simulation", "Violation", "draw", "failure", "run"]
