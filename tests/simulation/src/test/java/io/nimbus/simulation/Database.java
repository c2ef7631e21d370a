package io.nimbus.simulation;

import io.nimbus.healthmanager.policy.DesiredApp;
import io.nimbus.healthmanager.policy.DesiredState;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the users want, in the controllers' database, which is never lost. */
final class Database {
    static final int MEMORY_MB = 64;
    static final int DISK_MB = 64;

    private final Map<String, App> apps = new LinkedHashMap<>();
    private int versions;

    /**
     * @param task the staging task whose result counts; empty when none was begun
     * @param pendingSince when it was, or was to be
     */
    record App(
            String guid,
            String version,
            int instances,
            boolean started,
            Staging staging,
            String task,
            Instant pendingSince) {
        boolean isStartable() {
            return started && staging == Staging.STAGED;
        }

        /** Whether an instance at this index is wanted, if it runs already. */
        boolean wants(int index) {
            return started && staging != Staging.FAILED && index < instances;
        }

        App withVersion(String other) {
            return new App(guid, other, instances, started, staging, task, pendingSince);
        }

        App withInstances(int count) {
            return new App(guid, version, count, started, staging, task, pendingSince);
        }

        App withStarted(boolean wanted) {
            return new App(guid, version, instances, wanted, staging, task, pendingSince);
        }

        App staged() {
            return new App(guid, version, instances, started, Staging.STAGED, task, pendingSince);
        }

        App failed() {
            return new App(guid, version, instances, false, Staging.FAILED, task, pendingSince);
        }

        App pending(String task, Instant since) {
            return new App(guid, version, instances, started, Staging.PENDING, task, since);
        }
    }

    enum Staging {
        PENDING,
        STAGED,
        FAILED
    }

    void put(App app) {
        apps.put(app.guid(), app);
    }

    void delete(String guid) {
        apps.remove(guid);
    }

    String newVersion() {
        return "v" + versions++;
    }

    Optional<App> app(String guid) {
        return Optional.ofNullable(apps.get(guid));
    }

    List<App> apps() {
        return List.copyOf(apps.values());
    }

    DesiredState state() {
        var rows = new LinkedHashMap<String, DesiredApp>();
        for (var app : apps.values()) {
            rows.put(
                    app.guid(),
                    new DesiredApp(
                            app.guid(),
                            app.version(),
                            app.instances(),
                            MEMORY_MB,
                            app.started() ? "STARTED" : "STOPPED",
                            app.staging().name()));
        }
        return new DesiredState(rows);
    }
}
