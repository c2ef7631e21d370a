package io.nimbus.cloudcontroller.errors;

/** An error of the catalogue that a client will see. Expected, so it carries no stack trace. */
public final class CloudException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final CloudError error;
    private final int status;

    CloudException(CloudError error, String description) {
        this(error, error.status(), description);
    }

    private CloudException(CloudError error, int status, String description) {
        super(description, null, false, false);
        this.error = error;
        this.status = status;
    }

    public CloudError error() {
        return error;
    }

    public int status() {
        return status;
    }

    public String description() {
        return String.valueOf(getMessage());
    }

    /** The same under another HTTP status, where the contract wants one. */
    public CloudException withStatus(int other) {
        return new CloudException(error, other, description());
    }
}
