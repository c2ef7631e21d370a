package io.nimbus.healthmanager.policy;

/** Why an index needs a start. */
public enum StartReason {
    /** Nothing at all is heard of it. */
    MISSING,
    /** Its instance crashed and no start has answered that yet. */
    CRASHED,
    /** Its instance runs on a DEA that leaves. */
    EVACUATING
}
