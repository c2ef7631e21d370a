package io.nimbus.cloudcontroller.rest;

import org.jooq.Field;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/** One row of a resource as it was selected, for the one who asked. */
public record Row(Record columns, Caller caller) {
    public <T> @Nullable T get(Field<T> field) {
        return columns.get(field);
    }
}
