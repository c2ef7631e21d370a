package io.nimbus.cloudcontroller.errors;

/**
 * Every error that a client can be given. Number, name and status are public contract and never
 * change; the texts are ours. {@code {}} in a text stands for an argument of {@link #of}.
 */
public enum CloudError {
    INVALID_AUTH_TOKEN(
            1000,
            "InvalidAuthToken",
            401,
            "The token is not valid here: it has expired, was signed by somebody else, or names nobody."),
    MESSAGE_PARSE_ERROR(1001, "MessageParseError", 400, "The request cannot be understood: {}"),
    INVALID_RELATION(1002, "InvalidRelation", 400, "The relation is not possible: {}"),
    INVALID_CONTENT_TYPE(
            1003, "InvalidContentType", 400, "Content of this type is not accepted here: {}"),
    BAD_REQUEST(1004, "BadRequest", 400, "The request is not well formed: {}"),
    NOT_FOUND(10000, "NotFound", 404, "There is nothing at this address."),
    SERVER_ERROR(10001, "ServerError", 500, "The server failed to do this."),
    NOT_AUTHENTICATED(10002, "NotAuthenticated", 401, "This needs a login."),
    NOT_AUTHORIZED(10003, "NotAuthorized", 403, "Your roles do not allow this."),
    INVALID_REQUEST(10004, "InvalidRequest", 400, "The request makes no sense here."),
    BAD_QUERY_PARAMETER(10005, "BadQueryParameter", 400, "A query parameter is not usable: {}"),
    ASSOCIATION_NOT_EMPTY(
            10006,
            "AssociationNotEmpty",
            400,
            "Delete the dependent {} of the {} first, or delete recursively."),
    INSUFFICIENT_SCOPE(
            10007, "InsufficientScope", 403, "The token lacks the scope that this needs."),
    UNPROCESSABLE_ENTITY(10008, "UnprocessableEntity", 422, "{}"),
    UNABLE_TO_PERFORM(10009, "UnableToPerform", 400, "{} is not possible now: {}"),
    RESOURCE_NOT_FOUND(10010, "ResourceNotFound", 404, "{}"),
    DATABASE_ERROR(10011, "DatabaseError", 500, "The database refused this."),
    ORDER_BY_PARAMETER_INVALID(
            10012, "OrderByParameterInvalid", 500, "Lists of this kind cannot be ordered by {}."),
    RATE_LIMIT_EXCEEDED(10013, "RateLimitExceeded", 429, "Too many requests; wait a while."),
    IP_BASED_RATE_LIMIT_EXCEEDED(
            10014,
            "IPBasedRateLimitExceeded",
            429,
            "Too many requests from your address; log in or wait a while."),
    SERVICE_UNAVAILABLE(10015, "ServiceUnavailable", 503, "{}"),
    SERVICE_BROKER_RATE_LIMIT_EXCEEDED(
            10016,
            "ServiceBrokerRateLimitExceeded",
            429,
            "The service broker is asked too often; wait a while."),
    ORG_SUSPENDED(10017, "OrgSuspended", 403, "The organization is suspended."),
    RATE_LIMIT_V2_API_EXCEEDED(
            10018,
            "RateLimitV2APIExceeded",
            429,
            "Too many requests to this version of the API; wait a while."),
    SPACE_SUSPENDED(10019, "SpaceSuspended", 403, "The space's organization is suspended."),
    RESOURCE_BEING_DELETED(10020, "ResourceBeingDeleted", 422, "The resource is being deleted."),
    USER_INVALID(20001, "UserInvalid", 400, "The user is not valid: {}"),
    UAA_ID_TAKEN(20002, "UaaIdTaken", 400, "There is already a user with the id {}."),
    USER_NOT_FOUND(20003, "UserNotFound", 404, "There is no user {}."),
    UAA_UNAVAILABLE(20004, "UaaUnavailable", 503, "The UAA does not answer."),
    UAA_ENDPOINT_DISABLED(
            20005, "UaaEndpointDisabled", 501, "The UAA does not allow looking users up by name."),
    USER_IS_IN_MULTIPLE_ORIGINS(
            20006,
            "UserIsInMultipleOrigins",
            400,
            "The user name exists in several origins; name one of: {}"),
    USER_WITH_ORIGIN_NOT_FOUND(
            20007, "UserWithOriginNotFound", 404, "There is no such user in that origin: {}"),
    OUT_OF_ROUTER_GROUP_PORTS(
            21008, "OutOfRouterGroupPorts", 403, "The router group {} has no port left."),
    ORGANIZATION_INVALID(30001, "OrganizationInvalid", 400, "The organization is not valid: {}"),
    ORGANIZATION_NAME_TAKEN(
            30002, "OrganizationNameTaken", 400, "There is already an organization named {}."),
    ORGANIZATION_NOT_FOUND(30003, "OrganizationNotFound", 404, "There is no organization {}."),
    LAST_MANAGER_IN_ORG(
            30004, "LastManagerInOrg", 403, "An organization keeps at least one manager."),
    LAST_BILLING_MANAGER_IN_ORG(
            30005,
            "LastBillingManagerInOrg",
            403,
            "An organization keeps at least one billing manager."),
    LAST_USER_IN_ORG(30006, "LastUserInOrg", 403, "An organization keeps at least one user."),
    ORGANIZATION_ALREADY_SET(
            30007,
            "OrganizationAlreadySet",
            400,
            "It belongs to its organization and cannot move to another."),
    SPACE_INVALID(40001, "SpaceInvalid", 400, "The space is not valid: {}"),
    SPACE_NAME_TAKEN(
            40002, "SpaceNameTaken", 400, "The organization already has a space named {}."),
    SPACE_USER_NOT_IN_ORG(
            40003,
            "SpaceUserNotInOrg",
            400,
            "The user is not a member of the space's organization: {}"),
    SPACE_NOT_FOUND(40004, "SpaceNotFound", 404, "There is no space {}."),
    SERVICE_AUTH_TOKEN_INVALID(
            50001, "ServiceAuthTokenInvalid", 400, "The service auth token is not valid: {}"),
    SERVICE_AUTH_TOKEN_LABEL_TAKEN(
            50002,
            "ServiceAuthTokenLabelTaken",
            400,
            "There is already a token for the label and provider {}."),
    SERVICE_AUTH_TOKEN_NOT_FOUND(
            50003, "ServiceAuthTokenNotFound", 404, "There is no service auth token {}."),
    MISSING_SERVICE_AUTH_TOKEN(
            50004, "MissingServiceAuthToken", 500, "The service {} has no auth token."),
    SERVICE_INSTANCE_NAME_EMPTY(
            60001, "ServiceInstanceNameEmpty", 400, "A service instance needs a name."),
    SERVICE_INSTANCE_NAME_TAKEN(
            60002,
            "ServiceInstanceNameTaken",
            400,
            "The space already has a service instance named {}."),
    SERVICE_INSTANCE_INVALID(
            60003, "ServiceInstanceInvalid", 400, "The service instance is not valid: {}"),
    SERVICE_INSTANCE_NOT_FOUND(
            60004, "ServiceInstanceNotFound", 404, "There is no service instance {}."),
    SERVICE_INSTANCE_QUOTA_EXCEEDED(
            60005,
            "ServiceInstanceQuotaExceeded",
            400,
            "The organization's quota allows no further service instance."),
    PREVIOUSLY_USED_AS_SERVICE_INSTANCE_PAID_QUOTA_EXCEEDED(
            60006,
            "PreviouslyUsedAs_ServiceInstancePaidQuotaExceeded",
            400,
            "The organization's quota allows no further paid service instance."),
    SERVICE_INSTANCE_SERVICE_PLAN_NOT_ALLOWED(
            60007,
            "ServiceInstanceServicePlanNotAllowed",
            400,
            "The organization's quota does not allow paid plans."),
    SERVICE_INSTANCE_DUPLICATE_NOT_ALLOWED(
            60008,
            "ServiceInstanceDuplicateNotAllowed",
            400,
            "A second instance of this trial service is not allowed."),
    SERVICE_INSTANCE_NAME_TOO_LONG(
            60009,
            "ServiceInstanceNameTooLong",
            400,
            "A service instance's name has at most 50 characters."),
    SERVICE_INSTANCE_ORGANIZATION_NOT_AUTHORIZED(
            60010,
            "ServiceInstanceOrganizationNotAuthorized",
            403,
            "The plan is not offered to this organization."),
    SERVICE_INSTANCE_DEPROVISION_FAILED(
            60011,
            "ServiceInstanceDeprovisionFailed",
            409,
            "The service instance could not be removed: {}"),
    SERVICE_INSTANCE_SPACE_QUOTA_EXCEEDED(
            60012,
            "ServiceInstanceSpaceQuotaExceeded",
            400,
            "The space's quota allows no further service instance."),
    SERVICE_INSTANCE_SERVICE_PLAN_NOT_ALLOWED_BY_SPACE_QUOTA(
            60013,
            "ServiceInstanceServicePlanNotAllowedBySpaceQuota",
            400,
            "The space's quota does not allow paid plans."),
    SERVICE_INSTANCE_SPACE_CHANGE_NOT_ALLOWED(
            60014,
            "ServiceInstanceSpaceChangeNotAllowed",
            400,
            "A service instance cannot move to another space."),
    SERVICE_INSTANCE_TAGS_TOO_LONG(
            60015,
            "ServiceInstanceTagsTooLong",
            400,
            "The tags of service instance {} are longer than 2048 characters together."),
    ASYNC_SERVICE_INSTANCE_OPERATION_IN_PROGRESS(
            60016,
            "AsyncServiceInstanceOperationInProgress",
            409,
            "Another operation on service instance {} has not ended yet."),
    SERVICE_INSTANCE_ROUTE_BINDING_SPACE_MISMATCH(
            60017,
            "ServiceInstanceRouteBindingSpaceMismatch",
            400,
            "The route and the service instance are in different spaces."),
    SERVICE_INSTANCE_SPACE_NOT_AUTHORIZED(
            60018,
            "ServiceInstanceSpaceNotAuthorized",
            403,
            "The plan is offered in another space only."),
    SERVICE_INSTANCE_ROUTE_SERVICE_URL_INVALID(
            60019,
            "ServiceInstanceRouteServiceURLInvalid",
            400,
            "The route service's address must be an https address: {}"),
    SERVICE_INSTANCE_ROUTE_SERVICE_REQUIRES_DIEGO(
            60020,
            "ServiceInstanceRouteServiceRequiresDiego",
            400,
            "Route services need an app that runs on Diego."),
    SERVICE_INSTANCE_ROUTE_SERVICE_DISABLED(
            60021, "ServiceInstanceRouteServiceDisabled", 403, "Route services are switched off."),
    APP_PORT_MAPPING_REQUIRES_DIEGO(
            60022,
            "AppPortMappingRequiresDiego",
            400,
            "A port can only be named for an app that runs on Diego."),
    ROUTE_PORT_NOT_ENABLED_ON_APP(
            60023, "RoutePortNotEnabledOnApp", 400, "The app does not listen on that port."),
    MULTIPLE_APP_PORTS_MAPPED_DIEGO_TO_DEA(
            60024,
            "MultipleAppPortsMappedDiegoToDea",
            400,
            "The app has several ports and cannot run on a DEA."),
    VOLUME_MOUNT_SERVICE_DISABLED(
            60025, "VolumeMountServiceDisabled", 403, "Volume services are switched off."),
    DOCKER_APP_TO_DEA(60026, "DockerAppToDea", 400, "A Docker app cannot run on a DEA."),
    SERVICE_INSTANCE_RECURSIVE_DELETE_FAILED(
            60027,
            "ServiceInstanceRecursiveDeleteFailed",
            502,
            "Service instance {} was not deleted with all its dependents: {}"),
    MANAGED_SERVICE_INSTANCE_NOT_FOUND(
            60028,
            "ManagedServiceInstanceNotFound",
            404,
            "There is no managed service instance {}."),
    SERVICE_INSTANCE_WITH_INACCESSIBLE_PLAN_NOT_UPDATEABLE(
            60029,
            "ServiceInstanceWithInaccessiblePlanNotUpdateable",
            403,
            "{} cannot be changed: its plan is not visible to you."),
    SERVICE_INSTANCE_PROVISION_FAILED(
            60030,
            "ServiceInstanceProvisionFailed",
            400,
            "The service instance could not be made."),
    RUNTIME_INVALID(70001, "RuntimeInvalid", 400, "The runtime is not valid."),
    RUNTIME_NAME_TAKEN(70002, "RuntimeNameTaken", 400, "There is already a runtime of this name."),
    RUNTIME_NOT_FOUND(70003, "RuntimeNotFound", 404, "There is no such runtime."),
    FRAMEWORK_INVALID(80001, "FrameworkInvalid", 400, "The framework is not valid."),
    FRAMEWORK_NAME_TAKEN(
            80002, "FrameworkNameTaken", 400, "There is already a framework of this name."),
    FRAMEWORK_NOT_FOUND(80003, "FrameworkNotFound", 404, "There is no such framework."),
    SERVICE_BINDING_INVALID(
            90001, "ServiceBindingInvalid", 400, "The service binding is not valid: {}"),
    SERVICE_BINDING_DIFFERENT_SPACES(
            90002,
            "ServiceBindingDifferentSpaces",
            400,
            "The app and the service instance are in different spaces: {}"),
    SERVICE_BINDING_APP_SERVICE_TAKEN(90003, "ServiceBindingAppServiceTaken", 400, "{}"),
    SERVICE_BINDING_NOT_FOUND(
            90004, "ServiceBindingNotFound", 404, "There is no service binding {}."),
    UNBINDABLE_SERVICE(90005, "UnbindableService", 400, "The service cannot be bound."),
    INVALID_LOGGING_SERVICE_BINDING(
            90006,
            "InvalidLoggingServiceBinding",
            502,
            "The broker returned a log drain without having declared that it needs one."),
    SERVICE_FETCH_BINDING_PARAMETERS_NOT_SUPPORTED(
            90007,
            "ServiceFetchBindingParametersNotSupported",
            400,
            "The service does not tell a binding's parameters."),
    ASYNC_SERVICE_BINDING_OPERATION_IN_PROGRESS(
            90008,
            "AsyncServiceBindingOperationInProgress",
            409,
            "Another operation on the binding of app {} to service instance {} has not ended yet."),
    APP_INVALID(100001, "AppInvalid", 400, "The app is not valid: {}"),
    APP_NAME_TAKEN(100002, "AppNameTaken", 400, "The space already has an app named {}."),
    APP_NOT_FOUND(100004, "AppNotFound", 404, "There is no app {}."),
    APP_MEMORY_QUOTA_EXCEEDED(
            100005,
            "AppMemoryQuotaExceeded",
            400,
            "The organization's memory limit is exceeded: {}"),
    APP_MEMORY_INVALID(
            100006, "AppMemoryInvalid", 400, "An app's memory is a positive number of megabytes."),
    QUOTA_INSTANCE_MEMORY_LIMIT_EXCEEDED(
            100007,
            "QuotaInstanceMemoryLimitExceeded",
            400,
            "One instance may not have that much memory in this organization."),
    QUOTA_INSTANCE_LIMIT_EXCEEDED(
            100008,
            "QuotaInstanceLimitExceeded",
            400,
            "The organization may not have that many running instances."),
    APP_MEMORY_INSUFFICIENT_FOR_SIDECARS(
            100009,
            "AppMemoryInsufficientForSidecars",
            400,
            "The app's memory is less than its sidecars need."),
    ORG_QUOTA_LOG_RATE_LIMIT_EXCEEDED(
            100010,
            "OrgQuotaLogRateLimitExceeded",
            400,
            "The organization's log rate limit is exceeded."),
    SERVICE_PLAN_INVALID(110001, "ServicePlanInvalid", 400, "The service plan is not valid: {}"),
    SERVICE_PLAN_NAME_TAKEN(
            110002, "ServicePlanNameTaken", 400, "The service already has a plan named {}."),
    SERVICE_PLAN_NOT_FOUND(110003, "ServicePlanNotFound", 404, "There is no service plan {}."),
    SERVICE_PLAN_NOT_UPDATEABLE(
            110004,
            "ServicePlanNotUpdateable",
            400,
            "The service does not allow changing the plan."),
    SERVICE_INVALID(120001, "ServiceInvalid", 400, "The service is not valid: {}"),
    SERVICE_LABEL_TAKEN(
            120002,
            "ServiceLabelTaken",
            400,
            "There is already a service with the label and provider {}."),
    SERVICE_NOT_FOUND(120003, "ServiceNotFound", 404, "There is no service {}."),
    SERVICE_FETCH_INSTANCE_PARAMETERS_NOT_SUPPORTED(
            120004,
            "ServiceFetchInstanceParametersNotSupported",
            400,
            "The service does not tell an instance's parameters."),
    DOMAIN_INVALID(130001, "DomainInvalid", 400, "The domain is not valid: {}"),
    DOMAIN_NOT_FOUND(130002, "DomainNotFound", 404, "There is no domain {}."),
    DOMAIN_NAME_TAKEN(130003, "DomainNameTaken", 400, "The domain name is taken: {}"),
    PATH_INVALID(130004, "PathInvalid", 400, "The path is not valid: {}"),
    TOTAL_PRIVATE_DOMAINS_EXCEEDED(
            130005,
            "TotalPrivateDomainsExceeded",
            400,
            "Organization {} may not have a further private domain."),
    SERVICE_DOES_NOT_SUPPORT_ROUTES(
            130006, "ServiceDoesNotSupportRoutes", 400, "The service cannot be bound to routes."),
    ROUTE_ALREADY_BOUND_TO_SERVICE_INSTANCE(
            130007,
            "RouteAlreadyBoundToServiceInstance",
            400,
            "The route is bound to a service instance already; a route has at most one."),
    SERVICE_INSTANCE_ALREADY_BOUND_TO_SAME_ROUTE(
            130008,
            "ServiceInstanceAlreadyBoundToSameRoute",
            400,
            "The route and the service instance are bound to each other already."),
    INTERNAL_DOMAIN_CANNOT_BE_DELETED(
            130009, "InternalDomainCannotBeDeleted", 422, "An internal domain cannot be deleted."),
    ROUTE_SERVICE_CANNOT_BE_BOUND_TO_INTERNAL_ROUTE(
            130010,
            "RouteServiceCannotBeBoundToInternalRoute",
            400,
            "A route service cannot be bound to an internal route."),
    LEGACY_API_WITHOUT_DEFAULT_SPACE(
            140001,
            "LegacyApiWithoutDefaultSpace",
            400,
            "This part of the API needs a user with a default space."),
    APP_PACKAGE_INVALID(150001, "AppPackageInvalid", 400, "The app's package is not usable: {}"),
    APP_PACKAGE_NOT_FOUND(150002, "AppPackageNotFound", 404, "There are no bits of app {}."),
    INSUFFICIENT_RUNNING_RESOURCES_AVAILABLE(
            150003, "InsufficientRunningResourcesAvailable", 503, "No DEA has room for this app."),
    PACKAGE_BITS_ALREADY_UPLOADED(
            150004, "PackageBitsAlreadyUploaded", 400, "The package has its bits already."),
    BLOBSTORE_NOT_LOCAL(
            150005,
            "BlobstoreNotLocal",
            400,
            "The blobstore is elsewhere; nothing can be fetched through this address."),
    BLOBSTORE_UNAVAILABLE(150006, "BlobstoreUnavailable", 502, "The blobstore does not answer."),
    BLOBSTORE_ERROR(150007, "BlobstoreError", 500, "The blobstore failed to do this."),
    DOCKER_IMAGE_MISSING(
            150008, "DockerImageMissing", 400, "Docker credentials need a Docker image."),
    APP_RECURSIVE_DELETE_FAILED(
            150009,
            "AppRecursiveDeleteFailed",
            502,
            "App {} was not deleted with all its dependents: {}"),
    RESOURCE_CHECKSUM_MISMATCH(
            150010, "ResourceChecksumMismatch", 500, "The bits are not those that were expected."),
    APP_BITS_UPLOAD_INVALID(
            160001, "AppBitsUploadInvalid", 400, "The upload of the app's bits is not valid: {}"),
    APP_BITS_COPY_INVALID(160002, "AppBitsCopyInvalid", 400, "The app's bits cannot be copied: {}"),
    APP_RESOURCES_FILE_MODE_INVALID(
            160003, "AppResourcesFileModeInvalid", 400, "A file's mode is not valid: {}"),
    APP_RESOURCES_FILE_PATH_INVALID(
            160004, "AppResourcesFilePathInvalid", 400, "A file's path is not valid: {}"),
    STAGING_ERROR(170001, "StagingError", 400, "Staging failed: {}"),
    NOT_STAGED(170002, "NotStaged", 400, "The app has not been staged yet."),
    NO_APP_DETECTED_ERROR(170003, "NoAppDetectedError", 400, "No buildpack recognised the app."),
    BUILDPACK_COMPILE_FAILED(
            170004, "BuildpackCompileFailed", 400, "The buildpack failed to compile the app."),
    BUILDPACK_RELEASE_FAILED(
            170005,
            "BuildpackReleaseFailed",
            400,
            "The buildpack failed to say how the app is started."),
    NO_BUILDPACKS_FOUND(170006, "NoBuildpacksFound", 400, "No buildpack is installed."),
    STAGING_TIME_EXPIRED(170007, "StagingTimeExpired", 504, "Staging took too long: {}"),
    INSUFFICIENT_RESOURCES(
            170008, "InsufficientResources", 400, "There is no room to stage the app."),
    NO_COMPATIBLE_CELL(
            170009, "NoCompatibleCell", 400, "There is no machine of the kind that the app needs."),
    STAGER_UNAVAILABLE(170010, "StagerUnavailable", 503, "The stager does not answer: {}"),
    STAGER_ERROR(170011, "StagerError", 500, "The stager failed: {}"),
    RUNNER_INVALID_REQUEST(
            170014, "RunnerInvalidRequest", 500, "The runner does not accept the request."),
    RUNNER_UNAVAILABLE(170015, "RunnerUnavailable", 503, "The runner does not answer."),
    RUNNER_ERROR(170016, "RunnerError", 500, "The runner failed."),
    STAGING_IN_PROGRESS(170017, "StagingInProgress", 422, "The app is being staged just now."),
    INVALID_TASK_ADDRESS(170018, "InvalidTaskAddress", 500, "The task's address is not valid."),
    TASK_ERROR(170019, "TaskError", 500, "The task failed."),
    TASK_WORKERS_UNAVAILABLE(
            170020, "TaskWorkersUnavailable", 503, "Nobody is there to run tasks."),
    INVALID_TASK_REQUEST(170021, "InvalidTaskRequest", 422, "The task is not valid."),
    SNAPSHOT_NOT_FOUND(180001, "SnapshotNotFound", 404, "There is no snapshot {}."),
    SERVICE_GATEWAY_ERROR(180002, "ServiceGatewayError", 503, "The service gateway failed: {}"),
    SERVICE_NOT_IMPLEMENTED(
            180003, "ServiceNotImplemented", 501, "The service gateway cannot do this."),
    SDS_NOT_AVAILABLE(180004, "SDSNotAvailable", 501, "There is no serialization service."),
    FILE_ERROR(190001, "FileError", 400, "The file cannot be shown: {}"),
    STATS_ERROR(200001, "StatsError", 400, "The statistics cannot be shown: {}"),
    STATS_UNAVAILABLE(200002, "StatsUnavailable", 503, "The statistics are not available now: {}"),
    APP_STOPPED_STATS_ERROR(
            200003, "AppStoppedStatsError", 400, "App {} is stopped and has no statistics."),
    ROUTE_INVALID(210001, "RouteInvalid", 400, "The route is not valid: {}"),
    ROUTE_NOT_FOUND(210002, "RouteNotFound", 404, "There is no route {}."),
    ROUTE_HOST_TAKEN(210003, "RouteHostTaken", 400, "The host is taken: {}"),
    ROUTE_PATH_TAKEN(210004, "RoutePathTaken", 400, "The path is taken: {}"),
    ROUTE_PORT_TAKEN(210005, "RoutePortTaken", 400, "The port is taken: {}"),
    ROUTE_MAPPING_TAKEN(
            210006, "RouteMappingTaken", 400, "The route is mapped to the app already: {}"),
    ROUTE_MAPPING_NOT_FOUND(210007, "RouteMappingNotFound", 404, "There is no route mapping {}."),
    ROUTER_GROUP_NOT_FOUND(210009, "RouterGroupNotFound", 404, "There is no router group {}."),
    INSTANCES_ERROR(220001, "InstancesError", 400, "The instances cannot be shown: {}"),
    INSTANCES_UNAVAILABLE(
            220002, "InstancesUnavailable", 503, "The instances are not available now: {}"),
    BILLING_EVENT_QUERY_INVALID(
            230001, "BillingEventQueryInvalid", 400, "Name a start_date and an end_date."),
    EVENT_NOT_FOUND(230002, "EventNotFound", 404, "There is no event {}."),
    QUOTA_DEFINITION_NOT_FOUND(240001, "QuotaDefinitionNotFound", 404, "There is no quota {}."),
    QUOTA_DEFINITION_NAME_TAKEN(
            240002, "QuotaDefinitionNameTaken", 400, "There is already a quota named {}."),
    QUOTA_DEFINITION_INVALID(240003, "QuotaDefinitionInvalid", 400, "The quota is not valid: {}"),
    QUOTA_DEFINITION_MEMORY_LIMIT_INVALID(
            240004,
            "QuotaDefinitionMemoryLimitInvalid",
            400,
            "A quota's memory limit is a number of megabytes, or -1 for no limit."),
    STACK_INVALID(250001, "StackInvalid", 400, "The stack is not valid: {}"),
    STACK_NAME_TAKEN(250002, "StackNameTaken", 400, "There is already a stack named {}."),
    STACK_NOT_FOUND(250003, "StackNotFound", 404, "There is no stack {}."),
    STACK_VALIDATION_FAILED(250004, "StackValidationFailed", 422, "The stack cannot be used."),
    SERVICE_PLAN_VISIBILITY_INVALID(
            260001, "ServicePlanVisibilityInvalid", 400, "The visibility is not valid: {}"),
    SERVICE_PLAN_VISIBILITY_ALREADY_EXISTS(
            260002,
            "ServicePlanVisibilityAlreadyExists",
            400,
            "The organization sees the plan already: {}"),
    SERVICE_PLAN_VISIBILITY_NOT_FOUND(
            260003,
            "ServicePlanVisibilityNotFound",
            404,
            "There is no service plan visibility {}."),
    SERVICE_BROKER_INVALID(
            270001, "ServiceBrokerInvalid", 400, "The service broker is not valid: {}"),
    SERVICE_BROKER_NAME_TAKEN(
            270002,
            "ServiceBrokerNameTaken",
            400,
            "There is already a service broker of this name."),
    SERVICE_BROKER_URL_TAKEN(
            270003, "ServiceBrokerUrlTaken", 400, "There is already a service broker at {}."),
    SERVICE_BROKER_NOT_FOUND(
            270004, "ServiceBrokerNotFound", 404, "There is no service broker {}."),
    SERVICE_BROKER_NOT_REMOVABLE(
            270010,
            "ServiceBrokerNotRemovable",
            400,
            "Service broker {} still has service instances."),
    SERVICE_BROKER_URL_INVALID(
            270011,
            "ServiceBrokerUrlInvalid",
            400,
            "The service broker's address is not usable: {}"),
    SERVICE_BROKER_CATALOG_INVALID(
            270012,
            "ServiceBrokerCatalogInvalid",
            502,
            "The service broker's catalog is not valid: {}"),
    SERVICE_BROKER_DASHBOARD_CLIENT_FAILURE(
            270013,
            "ServiceBrokerDashboardClientFailure",
            502,
            "The dashboard's client could not be set up: {}"),
    SERVICE_BROKER_ASYNC_REQUIRED(
            270014,
            "ServiceBrokerAsyncRequired",
            400,
            "The service plan works asynchronously, which your client does not accept."),
    SERVICE_DASHBOARD_CLIENT_MISSING_URL(
            270015,
            "ServiceDashboardClientMissingUrl",
            502,
            "The dashboard's client has no address to come back to."),
    SERVICE_BROKER_URL_BASIC_AUTH_NOT_SUPPORTED(
            270016,
            "ServiceBrokerUrlBasicAuthNotSupported",
            400,
            "The service broker's address must not hold a user name or password."),
    SERVICE_BROKER_RESPONDED_ASYNC_WHEN_NOT_ALLOWED(
            270017,
            "ServiceBrokerRespondedAsyncWhenNotAllowed",
            502,
            "The service broker answered asynchronously although it was told not to."),
    SERVICE_BROKER_CONCURRENCY_ERROR(
            270018,
            "ServiceBrokerConcurrencyError",
            422,
            "The service broker was changed by somebody else meanwhile."),
    SERVICE_BROKER_CATALOG_INCOMPATIBLE(
            270019,
            "ServiceBrokerCatalogIncompatible",
            502,
            "The service broker's catalog does not fit this platform: {}"),
    SERVICE_BROKER_REQUEST_REJECTED(
            270020,
            "ServiceBrokerRequestRejected",
            502,
            "The service broker rejected the request."),
    SERVICE_BROKER_REQUEST_MALFORMED(
            270021,
            "ServiceBrokerRequestMalformed",
            502,
            "The service broker did not understand the request."),
    SERVICE_BROKER_SYNC_FAILED(
            270022,
            "ServiceBrokerSyncFailed",
            502,
            "The service broker's catalog could not be read."),
    BUILDPACK_NAME_STACK_TAKEN(
            290000,
            "BuildpackNameStackTaken",
            422,
            "There is already a buildpack named {} for stack {}."),
    BUILDPACK_NAME_TAKEN(
            290001, "BuildpackNameTaken", 400, "There is already a buildpack named {}."),
    BUILDPACK_BITS_UPLOAD_INVALID(
            290002,
            "BuildpackBitsUploadInvalid",
            400,
            "The upload of the buildpack is not valid: {}"),
    BUILDPACK_INVALID(290003, "BuildpackInvalid", 400, "The buildpack is not valid: {}"),
    CUSTOM_BUILDPACKS_DISABLED(
            290004,
            "CustomBuildpacksDisabled",
            400,
            "Buildpacks other than the installed ones are switched off."),
    BUILDPACK_LOCKED(290005, "BuildpackLocked", 409, "The buildpack is locked."),
    JOB_TIMEOUT(290006, "JobTimeout", 524, "The job took too long."),
    SPACE_DELETE_TIMEOUT(290007, "SpaceDeleteTimeout", 524, "Deleting space {} took too long."),
    SPACE_DELETION_FAILED(290008, "SpaceDeletionFailed", 502, "Space {} was not deleted: {}"),
    ORGANIZATION_DELETE_TIMEOUT(
            290009, "OrganizationDeleteTimeout", 524, "Deleting organization {} took too long."),
    ORGANIZATION_DELETION_FAILED(
            290010, "OrganizationDeletionFailed", 502, "Organization {} was not deleted: {}"),
    NONRECURSIVE_SPACE_DELETION_FAILED(
            290011,
            "NonrecursiveSpaceDeletionFailed",
            400,
            "Space {} is not empty; delete what it holds first, or delete recursively."),
    BITS_SERVICE_ERROR(290012, "BitsServiceError", 500, "The bits service failed."),
    SPACE_ROLES_DELETION_TIMEOUT(
            290013, "SpaceRolesDeletionTimeout", 524, "Deleting the space's roles took too long."),
    ORGANIZATION_ROLES_DELETION_FAILED(
            290014,
            "OrganizationRolesDeletionFailed",
            502,
            "The organization's roles were not deleted."),
    SPACE_ROLES_DELETION_FAILED(
            290016, "SpaceRolesDeletionFailed", 502, "The space's roles were not deleted."),
    SECURITY_GROUP_INVALID(
            300001, "SecurityGroupInvalid", 400, "The security group is not valid: {}"),
    SECURITY_GROUP_NOT_FOUND(
            300002, "SecurityGroupNotFound", 404, "There is no security group {}."),
    SECURITY_GROUP_STAGING_DEFAULT_INVALID(
            300003,
            "SecurityGroupStagingDefaultInvalid",
            400,
            "There is no security group {} to stage with."),
    SECURITY_GROUP_RUNNING_DEFAULT_INVALID(
            300004,
            "SecurityGroupRunningDefaultInvalid",
            400,
            "There is no security group {} to run with."),
    SECURITY_GROUP_NAME_TAKEN(
            300005, "SecurityGroupNameTaken", 400, "There is already a security group named {}."),
    SPACE_QUOTA_DEFINITION_INVALID(
            310001, "SpaceQuotaDefinitionInvalid", 400, "The space quota is not valid: {}"),
    SPACE_QUOTA_DEFINITION_NAME_TAKEN(
            310002,
            "SpaceQuotaDefinitionNameTaken",
            400,
            "The organization already has a space quota named {}."),
    SPACE_QUOTA_MEMORY_LIMIT_EXCEEDED(
            310003,
            "SpaceQuotaMemoryLimitExceeded",
            400,
            "The space's memory limit is exceeded: {}"),
    SPACE_QUOTA_INSTANCE_MEMORY_LIMIT_EXCEEDED(
            310004,
            "SpaceQuotaInstanceMemoryLimitExceeded",
            400,
            "One instance may not have that much memory in this space."),
    SPACE_QUOTA_TOTAL_ROUTES_EXCEEDED(
            310005,
            "SpaceQuotaTotalRoutesExceeded",
            400,
            "The space may not have a further route."),
    ORG_QUOTA_TOTAL_ROUTES_EXCEEDED(
            310006,
            "OrgQuotaTotalRoutesExceeded",
            400,
            "The organization may not have a further route."),
    SPACE_QUOTA_DEFINITION_NOT_FOUND(
            310007, "SpaceQuotaDefinitionNotFound", 404, "There is no space quota {}."),
    SPACE_QUOTA_INSTANCE_LIMIT_EXCEEDED(
            310008,
            "SpaceQuotaInstanceLimitExceeded",
            400,
            "The space may not have that many running instances."),
    ORG_QUOTA_TOTAL_RESERVED_ROUTE_PORTS_EXCEEDED(
            310009,
            "OrgQuotaTotalReservedRoutePortsExceeded",
            400,
            "The organization may not have a further route port."),
    SPACE_QUOTA_TOTAL_RESERVED_ROUTE_PORTS_EXCEEDED(
            310010,
            "SpaceQuotaTotalReservedRoutePortsExceeded",
            400,
            "The space may not have a further route port."),
    SPACE_QUOTA_LOG_RATE_LIMIT_EXCEEDED(
            310011,
            "SpaceQuotaLogRateLimitExceeded",
            400,
            "The space's log rate limit is exceeded."),
    DIEGO_DISABLED(320001, "DiegoDisabled", 400, "Diego is switched off."),
    DIEGO_DOCKER_BUILDPACK_CONFLICT(
            320002,
            "DiegoDockerBuildpackConflict",
            400,
            "An app has either a Docker image or a buildpack."),
    DOCKER_DISABLED(320003, "DockerDisabled", 400, "Docker apps are switched off."),
    STAGING_BACKEND_INVALID(
            320004, "StagingBackendInvalid", 403, "The app is not staged by this backend."),
    BACKEND_SELECTION_NOT_AUTHORIZED(
            320005,
            "BackendSelectionNotAuthorized",
            403,
            "The backend that runs an app cannot be chosen."),
    REVISIONS_ENABLED(320006, "RevisionsEnabled", 400, "Revisions are switched on."),
    CNB_DISABLED(320007, "CNBDisabled", 400, "Cloud Native Buildpacks are switched off."),
    FEATURE_FLAG_NOT_FOUND(330000, "FeatureFlagNotFound", 404, "There is no feature flag {}."),
    FEATURE_FLAG_INVALID(330001, "FeatureFlagInvalid", 400, "The feature flag is not valid: {}"),
    FEATURE_DISABLED(330002, "FeatureDisabled", 403, "This feature is switched off: {}"),
    USER_PROVIDED_SERVICE_INSTANCE_NOT_FOUND(
            340001,
            "UserProvidedServiceInstanceNotFound",
            404,
            "There is no user-provided service instance {}."),
    USER_PROVIDED_SERVICE_INSTANCE_HANDLER_NEEDED(
            340002,
            "UserProvidedServiceInstanceHandlerNeeded",
            400,
            "The service instance is provided by a user; use its own address."),
    PROCESS_INVALID(350001, "ProcessInvalid", 400, "The process is not valid."),
    UNABLE_TO_DELETE(350002, "UnableToDelete", 400, "It cannot be deleted."),
    PROCESS_NOT_FOUND(350003, "ProcessNotFound", 404, "There is no process {}."),
    SERVICE_KEY_NAME_TAKEN(
            360001, "ServiceKeyNameTaken", 400, "The service instance already has a key named {}."),
    SERVICE_KEY_INVALID(360002, "ServiceKeyInvalid", 400, "The service key is not valid: {}"),
    SERVICE_KEY_NOT_FOUND(360003, "ServiceKeyNotFound", 404, "There is no service key {}."),
    SERVICE_KEY_NOT_SUPPORTED(360004, "ServiceKeyNotSupported", 400, "There are no keys here: {}"),
    SERVICE_KEY_CREDENTIAL_STORE_UNAVAILABLE(
            360005,
            "ServiceKeyCredentialStoreUnavailable",
            503,
            "The credential store does not answer."),
    ROUTING_API_UNAVAILABLE(
            370001, "RoutingApiUnavailable", 503, "The routing API does not answer."),
    TCP_ROUTING_DISABLED(370002, "TcpRoutingDisabled", 403, "Routing of TCP is switched off."),
    ROUTING_API_DISABLED(370003, "RoutingApiDisabled", 403, "There is no routing API."),
    ENVIRONMENT_VARIABLE_GROUP_INVALID(
            380001,
            "EnvironmentVariableGroupInvalid",
            400,
            "The environment variable group is not valid: {}"),
    DROPLET_UPLOAD_INVALID(
            380002, "DropletUploadInvalid", 400, "The upload of the droplet is not valid: {}"),
    SERVICE_INSTANCE_UNSHARE_FAILED(
            390001,
            "ServiceInstanceUnshareFailed",
            502,
            "The service instance is still shared: {}"),
    SERVICE_INSTANCE_DELETION_SHARES_EXISTS(
            390002,
            "ServiceInstanceDeletionSharesExists",
            422,
            "Service instance {} is shared; end that first."),
    SHARED_SERVICE_INSTANCE_CANNOT_BE_RENAMED(
            390003,
            "SharedServiceInstanceCannotBeRenamed",
            422,
            "A shared service instance keeps its name."),
    SHARED_SERVICE_INSTANCE_NOT_UPDATABLE_IN_TARGET_SPACE(
            390004,
            "SharedServiceInstanceNotUpdatableInTargetSpace",
            403,
            "A shared service instance is changed in the space it comes from."),
    SHARED_SERVICE_INSTANCE_NOT_DELETABLE_IN_TARGET_SPACE(
            390005,
            "SharedServiceInstanceNotDeletableInTargetSpace",
            403,
            "A shared service instance is deleted in the space it comes from."),
    MAINTENANCE_INFO_NOT_SUPPORTED(
            390006,
            "MaintenanceInfoNotSupported",
            422,
            "The service plan has no maintenance info."),
    MAINTENANCE_INFO_NOT_SEMVER(
            390007,
            "MaintenanceInfoNotSemver",
            422,
            "A maintenance info's version is a semantic version."),
    MAINTENANCE_INFO_NOT_UPDATABLE_WHEN_CHANGING_PLAN(
            390008,
            "MaintenanceInfoNotUpdatableWhenChangingPlan",
            422,
            "The maintenance info cannot change together with the plan."),
    MAINTENANCE_INFO_CONFLICT(
            390009, "MaintenanceInfoConflict", 422, "The maintenance info is not the plan's."),
    BUILDPACK_STACKS_DONT_MATCH(
            390011,
            "BuildpackStacksDontMatch",
            422,
            "The uploaded buildpack is for stack {}, not for stack {}."),
    BUILDPACK_STACK_DOES_NOT_EXIST(
            390012,
            "BuildpackStackDoesNotExist",
            422,
            "The uploaded buildpack is for stack {}, which does not exist."),
    BUILDPACK_ZIP_ERROR(
            390013,
            "BuildpackZipError",
            422,
            "The uploaded buildpack is not a usable zip file: {}"),
    DEPLOYMENTS_DISABLED(390014, "DeploymentsDisabled", 403, "Deployments are switched off."),
    NO_CURRENT_ENCRYPTION_KEY(
            390015, "NoCurrentEncryptionKey", 422, "There is no current encryption key."),
    SCALE_DISABLED_DURING_DEPLOYMENT(
            390016,
            "ScaleDisabledDuringDeployment",
            422,
            "The app cannot be scaled while it is being deployed."),
    PROCESS_UPDATE_DISABLED_DURING_DEPLOYMENT(
            390017,
            "ProcessUpdateDisabledDuringDeployment",
            422,
            "The process cannot be changed while the app is being deployed."),
    LABEL_LIMIT_EXCEEDED(390020, "LabelLimitExceeded", 422, "There are too many labels."),
    ANNOTATION_LIMIT_EXCEEDED(
            390023, "AnnotationLimitExceeded", 422, "There are too many annotations."),
    STOP_DISABLED_DURING_DEPLOYMENT(
            390024,
            "StopDisabledDuringDeployment",
            422,
            "The app cannot be stopped while it is being deployed."),
    KUBERNETES_ROUTE_RESOURCE_ERROR(
            400001, "KubernetesRouteResourceError", 422, "The route could not be made: {}"),
    KPACK_IMAGE_ERROR(400002, "KpackImageError", 422, "The image could not be built: {} {}"),
    KPACK_BUILDER_ERROR(400003, "KpackBuilderError", 422, "The builder failed."),
    EIRINI_LRP_ERROR(410001, "EiriniLRPError", 422, "The app could not be run."),
    KORIFI_ERROR(420000, "KorifiError", 500, "The platform failed."),
    DESERIALIZATION_ERROR(420001, "DeserializationError", 500, "A stored value cannot be read."),
    CNB_GENERIC_BUILD_FAILED(430001, "CNBGenericBuildFailed", 400, "The build failed."),
    CNB_DOWNLOAD_BUILDPACK_FAILED(
            430002, "CNBDownloadBuildpackFailed", 400, "A buildpack could not be downloaded."),
    CNB_DETECT_FAILED(430003, "CNBDetectFailed", 400, "No buildpack recognised the app."),
    CNB_BUILD_FAILED(430004, "CNBBuildFailed", 400, "A buildpack failed to build the app."),
    CNB_EXPORT_FAILED(430005, "CNBExportFailed", 400, "The built app could not be stored."),
    CNB_LAUNCH_FAILED(430006, "CNBLaunchFailed", 400, "The built app could not be started."),
    CNB_RESTORE_FAILED(430007, "CNBRestoreFailed", 400, "The cache could not be restored.");

    private final int code;
    private final String wireName;
    private final int status;
    private final String text;
    private final int arguments;

    CloudError(int code, String wireName, int status, String text) {
        this.code = code;
        this.wireName = wireName;
        this.status = status;
        this.text = text;
        this.arguments = text.split("\\{}", -1).length - 1;
    }

    public int code() {
        return code;
    }

    /** Without the {@code CF-} that it has on the wire. */
    public String wireName() {
        return wireName;
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** How many {@link #of} takes. */
    public int arguments() {
        return arguments;
    }

    /**
     * @throws IllegalArgumentException when the text has another number of places than there are
     *     arguments
     */
    public CloudException of(Object... values) {
        if (values.length != arguments) {
            throw new IllegalArgumentException(this + " takes " + arguments + " arguments");
        }
        var parts = text.split("\\{}", -1);
        var filled = new StringBuilder(parts[0]);
        for (int i = 0; i < values.length; i++) {
            filled.append(values[i]).append(parts[i + 1]);
        }
        return new CloudException(this, filled.toString());
    }

    /** With a text of the occasion's own, such as a stager's words for why it failed. */
    public CloudException saying(String description) {
        return new CloudException(this, description);
    }

    /** By its name on the wire, as a stager sends it. */
    public static java.util.Optional<CloudError> named(String wireName) {
        return java.util.Arrays.stream(values())
                .filter(e -> e.wireName.equals(wireName))
                .findFirst();
    }
}
