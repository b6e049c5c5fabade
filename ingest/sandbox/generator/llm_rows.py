"""Calls as rows of ApiManagementGatewayLlmLog: one with the tokens, often more without."""

import numpy as np
import pandas as pd

from ingest.sandbox.generator.arrays import Bools, Ints, kept, spans
from ingest.sandbox.generator.catalog import (
    APIM_RESOURCE_ID,
    DATED_MODEL_NAMES,
    DEPLOYMENTS,
    LOG_WORKSPACE_ID,
)
from ingest.sandbox.generator.company import FORMULA_TEXT, SCRIPT_TEXT
from ingest.sandbox.generator.gateway_rows import iso_times
from ingest.sandbox.generator.identifiers import guids
from ingest.sandbox.generator.outcomes import OUTCOMES
from ingest.sandbox.generator.traps import TRAP

ABSURD_TOKENS = 10**12
NEGATIVE_TOKENS = -5
_CHUNKED_SHARE = 0.35
_DATED_NAME_SHARE = 0.4
LLM_CONSTANTS: dict[str, object] = {
    "DeploymentName": "",
    "ApiVersion": "",
    "OperationName": "Microsoft.ApiManagement/GatewayLlmLogs",
    "Category": "GatewayLlmLogs",
    "Region": "Sweden Central",
    "Type": "ApiManagementGatewayLlmLog",
    "TenantId": LOG_WORKSPACE_ID,
    "_ResourceId": APIM_RESOURCE_ID.lower(),
}


def logged_models(calls: pd.DataFrame) -> list[str]:
    """Return the model that answered each call, as the price list would spell it."""
    models = [DEPLOYMENTS[place].model for place in calls["deployment"].tolist()]
    hostile = np.flatnonzero(calls["trap"] == TRAP["hostile_model_name"]).tolist()
    for number, place in enumerate(hostile):
        models[place] = (SCRIPT_TEXT, FORMULA_TEXT)[number % 2]
    return models


def llm_columns(rng: np.random.Generator, calls: pd.DataFrame) -> dict[str, list[object]]:
    """Return the table's columns for these calls, but for LLM_CONSTANTS, in random order.

    Two more are no columns of the table: `_row_of`, the position of the call that the row is of,
    and `_call`, the same for the row that carries the tokens, else -1.
    """
    reached = np.array([outcome.reached_model for outcome in OUTCOMES])[calls["outcome"]]
    answered_by_gateway = ~np.array([outcome.forwarded for outcome in OUTCOMES])[calls["outcome"]]
    # Most calls that a policy answered itself leave an empty row as well.
    empty = answered_by_gateway & (rng.random(len(calls)) < 0.9)
    logged = (reached & (calls["llm_row"] == 1).to_numpy()) | empty
    chunks = np.where(rng.random(len(calls)) < _CHUNKED_SHARE, rng.integers(1, 3, len(calls)), 0)
    rows = np.where(logged, 1 + np.where(reached, chunks, 0), 0)
    call, sequence = spans(rows.astype(np.int64))
    # The row with the tokens comes first for some calls, last for others.
    last_has_tokens = (rng.random(len(calls)) < 0.5)[call]
    first = np.where(last_has_tokens, sequence == rows[call] - 1, sequence == 0) & reached[call]
    order = rng.permutation(len(call))
    return _columns(rng, calls, call[order], sequence[order], first[order])


def _columns(
    rng: np.random.Generator, calls: pd.DataFrame, call: Ints, sequence: Ints, first: Bools
) -> dict[str, list[object]]:
    trap = calls["trap"].to_numpy()
    prompt = calls["input_tokens"].to_numpy()
    prompt = np.where(trap == TRAP["negative_tokens"], NEGATIVE_TOKENS, prompt)
    prompt = np.where(trap == TRAP["absurd_tokens"], ABSURD_TOKENS, prompt)
    completion = calls["output_tokens"].to_numpy()
    prompt = np.where(first, prompt[call], 0)
    completion = np.where(first, completion[call], 0)
    models = np.array(_model_names(rng, calls), dtype=object)[call]
    messages = calls["message_id"].to_numpy()[call]
    # Some chunk rows repeat the response's id, none repeats its tokens.
    repeated = first | ((rng.random(len(call)) < 0.5) & (sequence > 0))
    time_ms = (calls["time_ms"] + calls["total_ms"]).to_numpy()[call]
    time = kept(iso_times(time_ms), trap[call] != TRAP["null_time"])
    columns: dict[str, list[object]] = {
        "TimeGenerated": time.tolist(),
        "CorrelationId": calls["correlation_id"].to_numpy()[call].tolist(),
        "RequestId": np.where(repeated, messages, "").tolist(),
        "ModelName": np.where(first, models, "").tolist(),
        "PromptTokens": prompt.tolist(),
        "CompletionTokens": completion.tolist(),
        "TotalTokens": (prompt + completion).tolist(),
        "IsStreamCompletion": (rng.random(len(call)) < 0.1).tolist(),
        "SequenceNumber": sequence.tolist(),
        "_IngestionTime": iso_times(calls["llm_ingested_ms"].to_numpy()[call]).tolist(),
        "_ItemId": list(guids(rng, len(call))),
    }
    columns["_row_of"] = call.tolist()
    columns["_call"] = np.where(first, call, -1).tolist()
    return columns


def _model_names(rng: np.random.Generator, calls: pd.DataFrame) -> list[str]:
    dated = (rng.random(len(calls)) < _DATED_NAME_SHARE).tolist()
    return [
        DATED_MODEL_NAMES.get(model, model) if is_dated else model
        for model, is_dated in zip(logged_models(calls), dated, strict=True)
    ]
