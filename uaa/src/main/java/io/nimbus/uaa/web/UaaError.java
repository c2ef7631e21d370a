package io.nimbus.uaa.web;

/**
 * The errors that clients meet: the word in {@code error} and the HTTP status. Words and statuses
 * are UAA's; C6 and J decide by them.
 */
public enum UaaError {
    INVALID_REQUEST("invalid_request", 400),
    INVALID_GRANT("invalid_grant", 400),
    INVALID_SCOPE("invalid_scope", 400),
    UNSUPPORTED_GRANT_TYPE("unsupported_grant_type", 400),
    UNSUPPORTED_RESPONSE_TYPE("unsupported_response_type", 400),
    /** A token that was asked about, not presented: {@code /check_token}. */
    UNKNOWN_TOKEN("invalid_token", 400),
    SCIM("scim", 400),
    INVALID_SCIM_RESOURCE("invalid_scim_resource", 400),
    INVALID_PASSWORD("invalid_password", 400),
    INVALID_CLIENT_DETAILS("invalid_client", 400),
    INVALID_CLIENT("invalid_client", 401),
    UNAUTHORIZED("unauthorized", 401),
    INVALID_TOKEN("invalid_token", 401),
    ACCESS_DENIED("access_denied", 403),
    INSUFFICIENT_SCOPE("insufficient_scope", 403),
    NOT_FOUND("not_found", 404),
    CLIENT_NOT_FOUND("not_found", 404),
    SCIM_RESOURCE_NOT_FOUND("scim_resource_not_found", 404),
    METHOD_NOT_ALLOWED("method_not_allowed", 405),
    CLIENT_ALREADY_EXISTS("invalid_client", 409),
    SCIM_RESOURCE_ALREADY_EXISTS("scim_resource_already_exists", 409),
    /** The version in If-Match is not the current one. */
    SCIM_RESOURCE_CONFLICT("scim_resource_conflict", 412),
    TOO_LARGE("invalid_request", 413),
    SAME_PASSWORD("invalid_password", 422),
    TOO_MANY_REQUESTS("too_many_requests", 429),
    SERVER_ERROR("server_error", 500),
    TEMPORARILY_UNAVAILABLE("temporarily_unavailable", 503);

    private final String word;
    private final int status;

    UaaError(String word, int status) {
        this.word = word;
        this.status = status;
    }

    public String word() {
        return word;
    }

    public int status() {
        return status;
    }

    /** SCIM's errors say their description a second time, as {@code message}. */
    boolean isScim() {
        return switch (this) {
            case SCIM,
                    INVALID_SCIM_RESOURCE,
                    SCIM_RESOURCE_NOT_FOUND,
                    SCIM_RESOURCE_ALREADY_EXISTS,
                    SCIM_RESOURCE_CONFLICT,
                    INVALID_PASSWORD,
                    SAME_PASSWORD ->
                    true;
            case INVALID_REQUEST,
                    INVALID_GRANT,
                    INVALID_SCOPE,
                    UNSUPPORTED_GRANT_TYPE,
                    UNSUPPORTED_RESPONSE_TYPE,
                    UNKNOWN_TOKEN,
                    INVALID_CLIENT_DETAILS,
                    INVALID_CLIENT,
                    UNAUTHORIZED,
                    INVALID_TOKEN,
                    ACCESS_DENIED,
                    INSUFFICIENT_SCOPE,
                    NOT_FOUND,
                    CLIENT_NOT_FOUND,
                    METHOD_NOT_ALLOWED,
                    CLIENT_ALREADY_EXISTS,
                    TOO_LARGE,
                    TOO_MANY_REQUESTS,
                    SERVER_ERROR,
                    TEMPORARILY_UNAVAILABLE ->
                    false;
        };
    }

    public UaaException of(String description) {
        return new UaaException(this, description);
    }
}
