"""Property names of Graph objects, from the resource pages of microsoft-graph-docs (v1.0)."""

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

USER = frozenset(USER_DEFAULT) | frozenset(
    """
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
    """.split()
)

GROUP = frozenset(
    """
    allowExternalSenders assignedLabels assignedLicenses autoSubscribeNewMembers classification
    createdDateTime deletedDateTime description displayName expirationDateTime groupTypes
    hasMembersWithLicenseErrors hideFromAddressLists hideFromOutlookClients id
    isAssignableToRole isManagementRestricted isSubscribedByMail licenseProcessingState mail
    mailEnabled mailNickname membershipRule membershipRuleProcessingState onPremisesDomainName
    onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesProvisioningErrors
    onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled
    preferredDataLocation preferredLanguage proxyAddresses renewedDateTime securityEnabled
    securityIdentifier serviceProvisioningErrors theme uniqueName unseenCount visibility
    """.split()
)

# Links that a delta may select beside properties (user-delta.md, group-delta.md).
USER_LINKS = frozenset({"manager"})
GROUP_LINKS = frozenset({"members"})
