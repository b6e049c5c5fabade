"""The logged calls as masks by what was planted into them, for the truth about faults."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingest.sandbox.generator.app_traces import TRACE_TRAPS
from ingest.sandbox.generator.arrays import Bools, Ints
from ingest.sandbox.generator.calls import Calls
from ingest.sandbox.generator.catalog import CLIENT_NAMES, DEPLOYMENTS
from ingest.sandbox.generator.faults import FAULT, FAULTS
from ingest.sandbox.generator.gateway_rows import names_deployment, traced_in_log
from ingest.sandbox.generator.outcomes import MESSAGES, OUTCOME, OUTCOMES
from ingest.sandbox.generator.planting import Planted
from ingest.sandbox.generator.traps import TRAP


@dataclass(frozen=True)
class KnownCalls:
    """The calls that the log has any row of, in order of time, and masks over them.

    `has_row` means a gateway row. Calls `reached` a model as the ledger must see it.
    """

    table: pd.DataFrame
    how_traced: Ints
    has_row: Bools
    reached: Bools
    forwarded_messages: Bools
    traced_in_log: Bools
    deployment_written: Bools
    model_known: Bools

    @property
    def time_ms(self) -> Ints:
        """When the calls were made."""
        times: Ints = self.table["time_ms"].to_numpy()
        return times

    @property
    def plain(self) -> Bools:
        """Calls without trap or fault."""
        return np.asarray((self.table["trap"] == 0) & (self.table["fault"] == 0))

    @property
    def traced_elsewhere(self) -> Bools:
        """Calls with a trace in Application Insights."""
        return np.asarray((self.how_traced >= 0) & self.has_row)

    @property
    def deployment_inferred(self) -> Bools:
        """Calls whose deployment only the host or the model tells."""
        return np.asarray(
            ~self.deployment_written
            & self.model_known
            & self.has_row
            & ~self.fault("deployment_unnamed")
        )

    @property
    def deployment_untold(self) -> Bools:
        """Calls that reached a model on a deployment that nothing tells, by traps alone."""
        models = [deployment.model for deployment in DEPLOYMENTS if deployment.listed]
        single = np.array([models.count(deployment.model) == 1 for deployment in DEPLOYMENTS])
        from_model = self.model_known & single[self.table["deployment"]]
        from_host = self.model_known & self.has_row
        written = self.deployment_written & self.has_row
        return np.asarray(self.reached & ~written & ~from_host & ~from_model)

    def ids(self, chosen: Bools) -> list[str]:
        """Return the CorrelationIds of the calls, in order of time, but for empty ones."""
        found: list[str] = self.table.loc[chosen, "correlation_id"].tolist()
        return [name for name in found if name]

    def trap(self, *names: str) -> Bools:
        """Return which calls carry one of these traps."""
        return np.isin(self.table["trap"].to_numpy(), [TRAP[name] for name in names])

    def outcome(self, *names: str) -> Bools:
        """Return which calls ended so."""
        return np.isin(self.table["outcome"].to_numpy(), [OUTCOME[name] for name in names])

    def client(self, *names: str) -> Bools:
        """Return which calls are of these clients."""
        clients = [CLIENT_NAMES.index(name) for name in names]
        return np.isin(self.table["client"].to_numpy(), clients)

    def trace_trap(self, name: str) -> Bools:
        """Return which calls carry this trap in their trace in Application Insights."""
        return np.asarray(self.how_traced == TRACE_TRAPS.index(name))

    def fault(self, name: str) -> Bools:
        """Return which calls carry this fault or near miss."""
        return np.asarray(self.table["fault"] == FAULT[name])

    def planted(self, check: str) -> Bools:
        """Return which calls carry a fault, and no near miss, of this check."""
        places = [
            place
            for place, fault in enumerate(FAULTS)
            if fault.check == check and not fault.near_miss
        ]
        return np.isin(self.table["fault"].to_numpy(), places)


def known_calls(calls: Calls, planted: Planted) -> KnownCalls:
    """Return the logged calls with all that is known of them."""
    logged = (calls.table["unlogged"] == 0).to_numpy()
    table = calls.table[logged].reset_index(drop=True)
    outcomes = [OUTCOMES[place] for place in table["outcome"].tolist()]
    has_row = (table["gateway_row"] == 1).to_numpy()
    answered = [o.call == MESSAGES and o.backend_code > 0 for o in outcomes]
    trap = table["trap"].to_numpy()
    modelless = (TRAP["empty_correlation_id"], TRAP["hostile_model_name"])
    return KnownCalls(
        table=table,
        how_traced=planted.trace_trap[logged],
        has_row=has_row,
        reached=np.array([outcome.reached_model for outcome in outcomes], dtype=np.bool_),
        forwarded_messages=np.array(answered, dtype=np.bool_) & has_row,
        traced_in_log=traced_in_log(table, calls.habits) & has_row,
        deployment_written=names_deployment(table, calls.habits) & has_row,
        model_known=(table["llm_row"] == 1).to_numpy() & ~np.isin(trap, modelless),
    )
