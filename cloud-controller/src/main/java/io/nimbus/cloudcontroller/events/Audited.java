package io.nimbus.cloudcontroller.events;

import io.nimbus.cloudcontroller.events.Audit.Actee;
import io.nimbus.cloudcontroller.events.Audit.Place;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.rest.Lifecycle;
import java.util.Map;
import java.util.function.Function;
import org.jooq.Field;

/**
 * Tells of each row that is made, changed or deleted: {@code audit.<type>.create}, {@code .update},
 * {@code .delete-request}.
 */
public final class Audited implements Lifecycle {
    private final Audit audit;
    private final String type;
    private final Function<Change, String> name;
    private final Function<Change, Place> place;

    /**
     * @param type of the actee
     * @param name the column with its name
     */
    public Audited(Audit audit, String type, Field<String> name, Function<Change, Place> place) {
        this(audit, type, change -> change.need(name), place);
    }

    public Audited(
            Audit audit,
            String type,
            Function<Change, String> name,
            Function<Change, Place> place) {
        this.audit = audit;
        this.type = type;
        this.name = name;
        this.place = place;
    }

    private Actee actee(Change change) {
        return new Actee(change.guid(), type, name.apply(change));
    }

    @Override
    public void afterSave(Change change) {
        audit.record(
                change.tx(),
                "audit." + type + (change.isCreating() ? ".create" : ".update"),
                change.caller(),
                actee(change),
                place.apply(change),
                Audit.request(change.given().body()));
    }

    @Override
    public void beforeDelete(Change change, boolean recursive) {
        audit.record(
                change.tx(),
                "audit." + type + ".delete-request",
                change.caller(),
                actee(change),
                place.apply(change),
                Map.of("request", Map.of("recursive", recursive)));
    }
}
