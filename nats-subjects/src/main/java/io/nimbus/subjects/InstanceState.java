package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;

/** An instance's state as it crosses the bus. Which may follow which is the DEA's business. */
public enum InstanceState {
    BORN,
    STARTING,
    RUNNING,
    STOPPING,
    STOPPED,
    CRASHED,
    RESUMING,
    EVACUATING,
    /** A name this version does not know; matches nothing and counts as nothing. */
    @JsonEnumDefaultValue
    UNKNOWN
}
