package io.nimbus.cloudcontroller.rest;

import io.nimbus.cloudcontroller.errors.CloudError;
import java.util.function.Supplier;
import org.jooq.Field;
import org.jspecify.annotations.Nullable;

/**
 * A relation to one other resource, kept as its guid in a column. The entity has {@code
 * <name>_guid} always and {@code <name>_url} when it is set.
 */
public final class ToOne implements Member {
    private final String name;
    private final String target;
    private final Field<String> column;
    private boolean optional;
    private boolean readOnly;
    private boolean linkOnly;
    private @Nullable CloudError fixed;
    private @Nullable Supplier<? extends @Nullable String> fallback;
    private @Nullable Field<String> path;
    private CloudError unknown = CloudError.INVALID_RELATION;

    private ToOne(String name, String target, Field<String> column) {
        this.name = name;
        this.target = target;
        this.column = column;
    }

    /**
     * @param target the name of the other resource
     */
    public static ToOne of(String name, String target, Field<String> column) {
        return new ToOne(name, target, column);
    }

    public ToOne optional() {
        optional = true;
        return this;
    }

    /** When a create request does not name one. */
    public ToOne orElse(Supplier<? extends @Nullable String> guid) {
        fallback = guid;
        optional = true;
        return this;
    }

    public ToOne readOnly() {
        readOnly = true;
        optional = true;
        return this;
    }

    public ToOne linkOnly() {
        linkOnly = true;
        return this;
    }

    /** An update that names another one is refused with this error, which takes no argument. */
    public ToOne fixed(CloudError error) {
        fixed = error;
        return this;
    }

    /** The error for a guid that does not exist, instead of InvalidRelation; takes one argument. */
    public ToOne unknown(CloudError error) {
        unknown = error;
        return this;
    }

    /** An SQL expression for the other's collection path, where that depends on the row. */
    public ToOne path(Field<String> expression) {
        path = expression.as("path_of_" + name);
        return this;
    }

    public String name() {
        return name;
    }

    @Override
    public String key() {
        return name + "_guid";
    }

    String target() {
        return target;
    }

    Field<String> column() {
        return column;
    }

    @Nullable Field<String> path() {
        return path;
    }

    boolean isOptional() {
        return optional;
    }

    boolean isReadOnly() {
        return readOnly;
    }

    boolean isLinkOnly() {
        return linkOnly;
    }

    /** Keeps what was given, if it exists. */
    void write(Change change, Resource other) {
        if (readOnly) {
            return;
        }
        var given = change.given().guid(key());
        if (given == null) {
            if (change.isCreating() && fallback != null) {
                var guid = fallback.get();
                if (guid != null) {
                    change.set(column, guid);
                }
            }
            return;
        }
        if (!change.isCreating() && given.equals(change.row().get(column))) {
            return;
        }
        if (!change.isCreating() && fixed != null) {
            throw fixed.of();
        }
        if (!other.exists(change.tx(), given)) {
            throw unknown.of("there is no " + name.replace('_', ' ') + " " + given);
        }
        change.set(column, given);
    }
}
