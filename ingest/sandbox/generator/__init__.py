"""The tenant generator: a simulated company's workspace with a known truth beside it."""

from ingest.sandbox.generator.recording import RecordingError
from ingest.sandbox.generator.tenant import TenantSummary, generate_tenant

__all__ = ["RecordingError", "TenantSummary", "generate_tenant"]
