package io.nimbus.subjects;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A component and its status server, sent once at start and in answer to {@code
 * vcap.component.discover}.
 *
 * @param type {@code CloudController}, {@code DEA}, {@code HealthManager}, {@code Router}, {@code
 *     Stager}, …
 * @param index the collector ignores a component without one
 * @param uuid {@code <index>-<32 hex>}
 * @param host {@code ip:port} of the status server
 * @param credentials user and password of the status server
 * @param start {@code YYYY-MM-DD HH:MM:SS +ZZZZ}
 * @param uptime {@code 0d:1h:2m:3s}
 */
public record ComponentAnnounce(
        String type,
        int index,
        String uuid,
        String host,
        List<String> credentials,
        String start,
        @Nullable String uptime) {
    public static final Subject<ComponentAnnounce> SUBJECT =
            new Subject<>("vcap.component.announce", ComponentAnnounce.class);
    public static final RequestSubject<Poke, ComponentAnnounce> DISCOVER =
            new RequestSubject<>("vcap.component.discover", Poke.class, ComponentAnnounce.class);

    public ComponentAnnounce {
        Wire.required(type, "type");
        credentials = Wire.list(credentials);
    }

    /** Without the credentials. */
    @Override
    public String toString() {
        return "ComponentAnnounce[" + type + " " + uuid + " at " + host + "]";
    }
}
