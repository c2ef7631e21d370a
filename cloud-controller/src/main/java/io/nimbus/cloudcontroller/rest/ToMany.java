package io.nimbus.cloudcontroller.rest;

import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A relation to many others: {@code <name>_url} in the entity, a list at that address, and maybe
 * ways to change it.
 */
public final class ToMany {
    /** How members come and go. Runs in the transaction; the parent's row is locked. */
    public interface Editor {
        /** Idempotent. */
        void add(DSLContext tx, Linking linking);

        void remove(DSLContext tx, Linking linking);
    }

    /**
     * A change of one member.
     *
     * @param recursive what the request said
     */
    public record Linking(
            Change change, ToMany relation, String parent, String member, boolean recursive) {}

    private final String name;
    private final String target;
    private final Link link;
    private boolean linkOnly;
    private boolean dependent;
    private @Nullable String guidsKey;
    private @Nullable Editor editor;
    private boolean leavable;
    private boolean membersMade;
    private boolean visibleWithParent;

    private ToMany(String name, String target, Link link) {
        this.name = name;
        this.target = target;
        this.link = link;
    }

    /**
     * @param target the name of the members' resource
     */
    public static ToMany of(String name, String target, Link link) {
        return new ToMany(name, target, link);
    }

    /** Never inlined. */
    public ToMany linkOnly() {
        linkOnly = true;
        return this;
    }

    /** Its members go with the parent: a parent that has any is deleted recursively only. */
    public ToMany dependent() {
        dependent = true;
        return this;
    }

    public ToMany edited(Editor by) {
        editor = by;
        return this;
    }

    /**
     * With an editor: the members may also be given as a list under this key, which replaces them
     * all.
     */
    public ToMany given(String key) {
        guidsKey = key;
        return this;
    }

    /** A user who is a member may remove himself, whatever his rights on the parent are. */
    public ToMany leavable() {
        leavable = true;
        return this;
    }

    /** The editor makes members that do not exist yet. */
    public ToMany membersMade() {
        membersMade = true;
        return this;
    }

    /** Who sees the parent sees its members. */
    public ToMany visibleWithParent() {
        visibleWithParent = true;
        return this;
    }

    public String name() {
        return name;
    }

    String target() {
        return target;
    }

    Link link() {
        return link;
    }

    boolean isLinkOnly() {
        return linkOnly;
    }

    boolean isDependent() {
        return dependent;
    }

    @Nullable String guidsKey() {
        return guidsKey;
    }

    @Nullable Editor editor() {
        return editor;
    }

    boolean isLeavable() {
        return leavable;
    }

    boolean makesMembers() {
        return membersMade;
    }

    boolean isVisibleWithParent() {
        return visibleWithParent;
    }
}
