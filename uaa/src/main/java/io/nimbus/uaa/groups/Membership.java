package io.nimbus.uaa.groups;

/**
 * A group that a user belongs to.
 *
 * @param direct false when through another group
 */
public record Membership(String groupId, String displayName, boolean direct) {}
