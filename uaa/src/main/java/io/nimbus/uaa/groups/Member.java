package io.nimbus.uaa.groups;

/**
 * A user or a group within a group.
 *
 * @param origin who put it there: {@code uaa} by hand, else the identity provider
 */
public record Member(String id, Type type, String origin) {
    /** As SCIM writes it. */
    public enum Type {
        USER,
        GROUP
    }
}
