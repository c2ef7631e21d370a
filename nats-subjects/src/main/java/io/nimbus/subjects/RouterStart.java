package io.nimbus.subjects;

import java.util.List;

/**
 * A router is up and knows no routes: everybody registers at once and then again every {@code
 * minimumRegisterIntervalInSeconds}. Sent at boot and after each reconnect to the bus; also the
 * answer to {@code router.greet}.
 *
 * @param hosts the router's addresses
 * @param pruneThresholdInSeconds silence after which a route is dropped
 */
public record RouterStart(
        String id,
        List<String> hosts,
        int minimumRegisterIntervalInSeconds,
        int pruneThresholdInSeconds) {
    public static final Subject<RouterStart> SUBJECT =
            new Subject<>("router.start", RouterStart.class);

    /** Asked by whoever starts after the routers did; every router answers. */
    public static final RequestSubject<Poke, RouterStart> GREET =
            new RequestSubject<>("router.greet", Poke.class, RouterStart.class);

    public RouterStart {
        hosts = Wire.list(hosts);
    }
}
