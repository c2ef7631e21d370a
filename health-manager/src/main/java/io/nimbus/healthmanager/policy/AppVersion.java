package io.nimbus.healthmanager.policy;

/** An app in one of its versions: what actual state, crash counts and requests are kept by. */
public record AppVersion(String app, String version) {}
