package io.nimbus.cloudcontroller.rest;

import java.util.List;

/** The irregular routes of a feature. */
public interface Endpoints {
    List<Route> routes();
}
