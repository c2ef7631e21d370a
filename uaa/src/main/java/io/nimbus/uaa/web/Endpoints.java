package io.nimbus.uaa.web;

import io.javalin.config.RoutesConfig;

/** A feature's part of the HTTP interface. */
public interface Endpoints {
    void addTo(RoutesConfig routes);
}
