package io.nimbus.cloudcontroller.rest;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.UpdatableRecord;
import org.jspecify.annotations.Nullable;

/** One row being made, changed or deleted, within one transaction and on one thread. */
public final class Change {
    /**
     * Runs once the transaction is committed, with no connection held. May throw an error of the
     * catalogue.
     */
    public interface Reaction {
        void run(Headers headers);
    }

    /** Headers of the response. */
    public interface Headers {
        void set(String name, String value);
    }

    private final Engine engine;
    private final DSLContext tx;
    private final Resource resource;
    private final Caller caller;
    private final Values given;
    private final UpdatableRecord<?> row;
    private final boolean creating;
    private final Record before;
    private final Instant now;
    private final List<Reaction> reactions = new ArrayList<>();

    Change(
            Engine engine,
            DSLContext tx,
            Resource resource,
            Caller caller,
            Values given,
            UpdatableRecord<?> row,
            boolean creating,
            Instant now) {
        this.engine = engine;
        this.tx = tx;
        this.resource = resource;
        this.caller = caller;
        this.given = given;
        this.row = row;
        this.creating = creating;
        // Once the row is written it no longer tells.
        this.before = row.original();
        this.now = now;
    }

    /** For what a change brings about in other resources. */
    public Engine engine() {
        return engine;
    }

    public DSLContext tx() {
        return tx;
    }

    public Caller caller() {
        return caller;
    }

    public Instant now() {
        return now;
    }

    /** What the request gave; empty for a delete. */
    public Values given() {
        return given;
    }

    public boolean isCreating() {
        return creating;
    }

    public UpdatableRecord<?> row() {
        return row;
    }

    public String guid() {
        return Objects.requireNonNull(row.get(resource.guid()));
    }

    /** The whole row as it was. */
    public Record before() {
        return before;
    }

    /** As it will be. */
    public <T> @Nullable T get(Field<T> field) {
        return row.get(field);
    }

    /**
     * As it will be.
     *
     * @throws NullPointerException when it is null: for columns that are not
     */
    public <T> T need(Field<T> field) {
        return Objects.requireNonNull(row.get(field), field.getName());
    }

    /** As it was; null for a row being made. */
    public <T> @Nullable T before(Field<T> field) {
        return creating ? null : before.get(field);
    }

    /** Whether the row will hold something else than it did. */
    public boolean changes(Field<?> field) {
        return creating || !Objects.equals(before.get(field), row.get(field));
    }

    public <T> void set(Field<T> field, @Nullable T value) {
        row.set(field, value);
    }

    public void afterCommit(Reaction reaction) {
        reactions.add(reaction);
    }

    List<Reaction> reactions() {
        return List.copyOf(reactions);
    }
}
