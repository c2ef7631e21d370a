package io.nimbus.cloudcontroller.rest;

/**
 * What a feature adds to the making, changing and deleting of its rows. Everything runs in the
 * transaction, which may be run again from the start: effects elsewhere belong into {@link
 * Change#afterCommit}.
 */
public interface Lifecycle {
    /**
     * The attributes are in the row; it is not written yet. Rules that look at several of them, and
     * derived columns.
     */
    default void beforeSave(Change change) {}

    /** The row is written and the caller's right to it has been checked. */
    default void afterSave(Change change) {}

    /** The row is still there, its dependents have been looked for. */
    default void beforeDelete(Change change, boolean recursive) {}

    default void afterDelete(Change change) {}
}
