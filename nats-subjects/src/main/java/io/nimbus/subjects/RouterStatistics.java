package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;

/**
 * What passed through one router since its last word, by app: every few seconds, for who scales.
 * Apps without traffic are left out, after one last entry of zeros. A window with much to say comes
 * in several messages of less than 512 KiB; the sum over all routers is the app's traffic.
 *
 * @param id the router's, as in {@link RouterStart}
 * @param ts the window's end in milliseconds since the epoch
 * @param windowSeconds its length
 * @param seq this message's number within the window, from 0
 * @param of how many messages the window has; at least one, even if nothing happened
 */
public record RouterStatistics(
        String id,
        @JsonProperty(required = true) long ts,
        @JsonProperty("window_s") double windowSeconds,
        int seq,
        int of,
        List<App> apps) {

    /** Every router's. */
    public static final Subject<RouterStatistics> ALL =
            new Subject<>("stat.router.*", RouterStatistics.class);

    /** One router's. */
    public static Subject<RouterStatistics> of(String router) {
        return new Subject<>("stat.router." + Subject.token(router), RouterStatistics.class);
    }

    public RouterStatistics {
        Wire.required(id, "id");
        apps = Wire.list(apps);
    }

    /**
     * @param inFlight requests at the window's end whose answer was not complete
     * @param mostInFlight the most at one moment
     * @param done requests that ended
     * @param errors those of them with a status of 5xx
     * @param held requests that wait for an instance to start; a router that holds none says 0
     * @param instances {@code private_instance_id} (or address) to requests in flight there
     */
    public record App(
            String app,
            @JsonProperty("in_flight") int inFlight,
            @JsonProperty("in_flight_max") int mostInFlight,
            long done,
            @JsonProperty("err_5xx") long errors,
            @JsonProperty("p50_ms") double p50Ms,
            @JsonProperty("p95_ms") double p95Ms,
            int held,
            @JsonProperty("per_instance") Map<String, Integer> instances) {
        public App {
            Wire.required(app, "apps[].app");
            instances = Wire.map(instances);
        }
    }
}
