package io.nimbus.loggregator.access;

import io.nimbus.tokens.Token;

/** What became of a request to read an app's logs. */
public sealed interface Access {
    /** Go ahead. */
    record Granted(Token token) implements Access {}

    /** No token, or none that is valid: 401; clients then refresh it and come again. */
    record NoToken(String reason) implements Access {}

    /** The app does not exist, or is none of this user's: 404 in either case. */
    record Hidden() implements Access {}

    /** The controller could not say: 500. */
    record Failed(String reason) implements Access {}

    /** The controller or the UAA does not answer: 503. */
    record Unavailable(String reason) implements Access {}
}
