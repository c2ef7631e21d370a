package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Stop instances: broadcast to all DEAs, no reply. The filters narrow the app's instances and are
 * AND-ed.
 *
 * <p>An absent filter does not narrow; an <em>empty</em> one matches nothing. Older DEAs disagree
 * on the latter (from 2013-11-12 an empty list stopped everything), so never publish one: the
 * constructor methods here cannot.
 *
 * @param instances instance guids; {@code instance_ids} on the wire means the same and is united
 *     with it
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DeaStop(
        @JsonProperty("droplet") String app,
        @Nullable String version,
        @Nullable List<String> instances,
        @JsonProperty("instance_ids") @Nullable List<String> instanceIds,
        @Nullable List<Integer> indices,
        @Nullable List<InstanceState> states) {
    public static final Subject<DeaStop> SUBJECT = new Subject<>("dea.stop", DeaStop.class);

    public DeaStop {
        Wire.required(app, "droplet");
        instances = Wire.filter(instances);
        instanceIds = Wire.filter(instanceIds);
        indices = Wire.filter(indices);
        states = Wire.filter(states);
    }

    /** Every instance of the app, staging included. */
    public static DeaStop app(String app) {
        return new DeaStop(app, null, null, null, null, null);
    }

    /**
     * @throws IllegalArgumentException without an index: that message would be misread as "all"
     */
    public static DeaStop indices(String app, String version, List<Integer> indices) {
        return new DeaStop(app, version, null, null, some(indices), null);
    }

    /**
     * @throws IllegalArgumentException without a guid: that message would be misread as "all"
     */
    public static DeaStop instances(String app, List<String> guids) {
        return new DeaStop(app, null, some(guids), null, null, null);
    }

    /** Whether nothing narrows the app's instances. */
    public boolean isWholeApp() {
        return version == null
                && instances == null
                && instanceIds == null
                && indices == null
                && states == null;
    }

    /** Whether an instance is meant. */
    public boolean matches(
            String app, String version, String instance, int index, InstanceState state) {
        return this.app.equals(app)
                && (this.version == null || this.version.equals(version))
                && ((instances == null && instanceIds == null)
                        || Stream.of(instances, instanceIds)
                                .anyMatch(ids -> ids != null && ids.contains(instance)))
                && (indices == null || indices.contains(index))
                && (states == null || states.contains(state));
    }

    private static <T> List<T> some(List<T> filter) {
        if (filter.isEmpty()) {
            throw new IllegalArgumentException(
                    "an empty filter would stop every instance on older DEAs");
        }
        return filter;
    }
}
