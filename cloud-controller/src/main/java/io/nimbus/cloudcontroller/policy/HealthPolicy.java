package io.nimbus.cloudcontroller.policy;

import io.nimbus.subjects.InstanceStartRequest;
import io.nimbus.subjects.InstanceStopRequest;
import java.util.Optional;

/**
 * Whether a request of the health manager is obeyed: it may be late, repeated, or of a health
 * manager that sees less than all; the database decides.
 */
public final class HealthPolicy {
    private HealthPolicy() {}

    /** The app as the database has it. */
    public record Desired(
            String version,
            int instances,
            boolean started,
            boolean staged,
            boolean failed,
            boolean hasDroplet) {}

    public static boolean allowsStart(Optional<Desired> app, InstanceStartRequest request) {
        return app.filter(a ->
                        a.version().equals(request.version())
                                && request.index() >= 0
                                && request.index() < a.instances()
                                && a.hasDroplet()
                                && a.staged()
                                && a.started())
                .isPresent();
    }

    /** An instance of an app that is not in the database is always stopped. */
    public static boolean allowsStop(Optional<Desired> app, InstanceStopRequest request) {
        return app.map(a ->
                        a.failed()
                                || request.duplicate()
                                || !a.version().equals(request.version())
                                || request.index() >= a.instances()
                                || !a.started())
                .orElse(true);
    }
}
