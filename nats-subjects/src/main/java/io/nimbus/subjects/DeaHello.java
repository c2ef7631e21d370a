package io.nimbus.subjects;

import org.jspecify.annotations.Nullable;

/**
 * A DEA is up: sent once when all its subscriptions stand. Nobody needs it; operators watch it.
 *
 * @param version the agent's version
 */
public record DeaHello(String id, String ip, @Nullable String version) {
    public static final Subject<DeaHello> SUBJECT = new Subject<>("dea.start", DeaHello.class);

    public DeaHello {
        Wire.required(id, "id");
    }
}
