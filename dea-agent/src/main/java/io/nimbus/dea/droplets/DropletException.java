package io.nimbus.dea.droplets;

/** A droplet could not be had; the message is fit for the app's log, and holds no address. */
public final class DropletException extends Exception {
    private static final long serialVersionUID = 1;

    public DropletException(String message) {
        super(message);
    }
}
