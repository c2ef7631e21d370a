package io.nimbus.warden;

/**
 * A port of a container.
 *
 * @param host the address under which others reach it
 * @param port the port under which others reach it
 * @param inside the port that the process must listen on, on all addresses
 */
public record Port(String host, int port, int inside) {}
