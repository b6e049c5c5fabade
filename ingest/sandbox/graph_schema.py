"""Property names of Graph objects, from the resource pages of microsoft-graph-docs (v1.0)."""

from ingest.sandbox.graph_directory import ObjectKind


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


SETS: dict[ObjectKind, str] = {
    "user": "users",
    "group": "groups",
    "service_principal": "servicePrincipals",
    "application": "applications",
}
TYPES: dict[ObjectKind, str] = {
    "user": "user",
    "group": "group",
    "service_principal": "servicePrincipal",
    "application": "application",
}
DELTA_KINDS: tuple[ObjectKind, ...] = ("user", "group", "service_principal")

# What /users returns without $select (user-list.md).
USER_DEFAULT: tuple[str, ...] = (
    "businessPhones",
    "displayName",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
)

USER = frozenset(USER_DEFAULT) | _names("""
    aboutMe accountEnabled ageGroup assignedLicenses assignedPlans authorizationInfo birthday city
    companyName consentProvidedForMinor country createdDateTime creationType
    customSecurityAttributes deletedDateTime department employeeHireDate employeeId
    employeeLeaveDateTime employeeOrgData employeeType externalUserState
    externalUserStateChangeDateTime faxNumber hireDate identities imAddresses interests
    isManagementRestricted isResourceAccount lastPasswordChangeDateTime
    legalAgeGroupClassification licenseAssignmentStates mailNickname mailboxSettings mySite
    onPremisesDistinguishedName onPremisesDomainName onPremisesExtensionAttributes
    onPremisesImmutableId onPremisesLastSyncDateTime onPremisesProvisioningErrors
    onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled
    onPremisesUserPrincipalName otherMails passwordPolicies passwordProfile pastProjects postalCode
    preferredDataLocation preferredName provisionedPlans proxyAddresses responsibilities schools
    securityIdentifier serviceProvisioningErrors showInAddressList signInActivity
    signInSessionsValidFromDateTime skills state streetAddress usageLocation userType
""")

GROUP = _names("""
    allowExternalSenders assignedLabels assignedLicenses autoSubscribeNewMembers classification
    createdDateTime deletedDateTime description displayName expirationDateTime groupTypes
    hasMembersWithLicenseErrors hideFromAddressLists hideFromOutlookClients id
    isAssignableToRole isManagementRestricted isSubscribedByMail licenseProcessingState mail
    mailEnabled mailNickname membershipRule membershipRuleProcessingState onPremisesDomainName
    onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesProvisioningErrors
    onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled
    preferredDataLocation preferredLanguage proxyAddresses renewedDateTime securityEnabled
    securityIdentifier serviceProvisioningErrors theme uniqueName unseenCount visibility
""")

# Links that a delta may select beside properties (user-delta.md, group-delta.md).
USER_LINKS = frozenset({"manager"})
GROUP_LINKS = frozenset({"members"})


def known_names(kind: ObjectKind, *, links: bool) -> frozenset[str]:
    """Names $select may hold for `kind`, with the links of a delta or without; empty = any."""
    if kind == "user":
        return USER | USER_LINKS if links else USER
    if kind == "group":
        return GROUP | GROUP_LINKS if links else GROUP
    return frozenset()
