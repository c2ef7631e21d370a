package io.nimbus.cloudcontroller.rest;

/** Finds out who calls. Throws errors of the catalogue. */
public interface Gate {
    /**
     * The owner of the token in an {@code Authorization} header.
     *
     * @param grace whether a token that ended a little while ago will do
     */
    Caller token(String authorization, boolean grace);

    /** Whether the header holds the user and password that this login wants. */
    boolean password(Route.Login login, String authorization);
}
