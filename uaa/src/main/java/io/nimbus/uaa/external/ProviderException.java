package io.nimbus.uaa.external;

/** Another provider does not do its part. The message is for the log and the operator. */
final class ProviderException extends Exception {
    private static final long serialVersionUID = 1;

    ProviderException(String message) {
        super(message);
    }
}
