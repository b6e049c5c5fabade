"""How much the benchmark measures: in full, or for a first look in about a minute."""

from dataclasses import dataclass, replace

MILLION = 1_000_000


@dataclass(frozen=True)
class Sizes:
    """Numbers of requests, rows, callers, days and runs, by what they are for."""

    holds_to_targets: bool = True
    runs: int = 5
    days: int = 31
    callers: int = 20_000
    build_requests: tuple[int, ...] = (
        MILLION,
        5 * MILLION,
        10 * MILLION,
        20 * MILLION,
        50 * MILLION,
    )
    repeated_up_to: int = 10 * MILLION
    rollup_requests: int = 20 * MILLION
    sampled_requests: int = 5_000
    report_requests: tuple[int, ...] = (2 * MILLION, 20 * MILLION)
    litellm_requests: int = 2 * MILLION
    report_callers: int = 1_000
    history_days: tuple[int, ...] = (0, 31, 365)
    requests_a_day: int = 50_000
    queries: int = 40

    def of(self, requests: int) -> "Sizes":
        """Return these sizes with another number of requests wherever one is asked for.

        Requests per caller stay as they are, because they decide how much there is to roll up.
        """
        callers = max(self.callers * requests // self.rollup_requests, 5)
        return replace(
            self,
            callers=min(callers, self.callers),
            build_requests=(requests,),
            rollup_requests=requests,
            report_requests=(requests,),
            litellm_requests=requests,
            requests_a_day=max(requests // 365, 24),
        )


FULL = Sizes()
SMALL = Sizes(
    # Start-up outweighs work there, so a target that is met or missed would mean nothing.
    holds_to_targets=False,
    runs=2,
    days=3,
    callers=200,
    build_requests=(5_000, 20_000),
    rollup_requests=100_000,
    sampled_requests=200,
    report_requests=(10_000, 40_000),
    litellm_requests=10_000,
    report_callers=50,
    history_days=(0, 2, 4),
    requests_a_day=1_000,
    queries=5,
)
