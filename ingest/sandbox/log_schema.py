"""The documented columns of the Log Analytics tables a recorded workspace may hold.

Sources: the table reference pages of azure-monitor-docs (ApiManagementGatewayLogs, 27 Jul 2026;
ApiManagementGatewayLlmLog, Jan 2026), the AppMetrics and AppTraces pages, and
log-standard-columns.md for `_ItemId`, `TenantId`, `Type`, `_ResourceId`. AzureDiagnostics is the
table an API Management service fills while its diagnostic setting is not resource-specific; only
the columns that show this are here.
"""

from typing import Literal, TypeAlias

KustoType: TypeAlias = Literal["datetime", "string", "int", "long", "real", "bool", "dynamic"]
Columns: TypeAlias = dict[str, KustoType]


def _of(kind: KustoType, names: str) -> Columns:
    return dict.fromkeys(names.split(), kind)


_STANDARD: Columns = {
    **_of("string", "SourceSystem Type _ResourceId _SubscriptionId TenantId"),
    "_BilledSize": "real",
    **_of("string", "_IsBillable _ItemId"),
}

_CLIENT: Columns = _of(
    "string",
    "ClientBrowser ClientCity ClientCountryOrRegion ClientIP ClientModel ClientOS "
    "ClientStateOrProvince ClientType",
)

TABLES: dict[str, Columns] = {
    "ApiManagementGatewayLogs": {
        **_of("datetime", "TimeGenerated Timestamp"),
        **_of(
            "string",
            "CorrelationId ApiId ApiRevision OperationId OperationName ProductId "
            "ApimSubscriptionId UserId WorkspaceId Method Url CallerIpAddress ClientProtocol "
            "ClientTlsVersion",
        ),
        **_of("int", "ResponseCode BackendResponseCode"),
        **_of("string", "BackendId BackendMethod BackendProtocol BackendUrl"),
        **_of("int", "RequestSize ResponseSize"),
        **_of("long", "TotalTime BackendTime ClientTime CacheTime"),
        "Cache": "string",
        "IsRequestSuccess": "bool",
        **_of(
            "string",
            "LastErrorReason LastErrorSource LastErrorScope LastErrorSection LastErrorMessage",
        ),
        "LastErrorElapsed": "long",
        **_of(
            "dynamic",
            "Errors RequestHeaders ResponseHeaders BackendRequestHeaders BackendResponseHeaders",
        ),
        **_of("string", "RequestBody ResponseBody BackendRequestBody BackendResponseBody"),
        "TraceRecords": "dynamic",
        **_of("bool", "IsMasterTrace IsTraceAllowed IsTraceExpired IsTraceRequested"),
        **_of("string", "Category Region"),
        **_STANDARD,
    },
    "ApiManagementGatewayLlmLog": {
        "TimeGenerated": "datetime",
        **_of("string", "CorrelationId RequestId ModelName DeploymentName ApiVersion"),
        **_of("int", "PromptTokens CompletionTokens TotalTokens"),
        "IsStreamCompletion": "bool",
        "SequenceNumber": "int",
        **_of("dynamic", "RequestMessages ResponseMessages"),
        **_of("string", "OperationName Region"),
        **_STANDARD,
    },
    "AppMetrics": {
        "TimeGenerated": "datetime",
        "Name": "string",
        **_of("real", "Sum Min Max"),
        "ItemCount": "int",
        "Properties": "dynamic",
        **_of(
            "string",
            "OperationId OperationName ParentId SessionId AppRoleName AppRoleInstance AppVersion "
            "IKey SDKVersion",
        ),
        **_CLIENT,
        **_of("string", "UserId UserAuthenticatedId UserAccountId"),
        **_STANDARD,
    },
    "AppTraces": {
        "TimeGenerated": "datetime",
        "Message": "string",
        "SeverityLevel": "int",
        **_of("dynamic", "Properties Measurements"),
        **_of(
            "string",
            "OperationId OperationName ParentId SessionId AppRoleName AppRoleInstance SDKVersion",
        ),
        **_CLIENT,
        **_STANDARD,
    },
    "AzureDiagnostics": {
        "TimeGenerated": "datetime",
        **_of(
            "string",
            "ResourceId Category OperationName ResultType CorrelationId ResourceGroup "
            "SubscriptionId ResourceProvider Resource ResourceType CorrelationId_g modelName_s",
        ),
        **_of("real", "promptTokens_d completionTokens_d totalTokens_d"),
        "isStreamCompletion_b": "bool",
        **_STANDARD,
    },
}
