package io.nimbus.simulation;

import io.nimbus.healthmanager.policy.DesiredApp;
import io.nimbus.healthmanager.policy.DesiredState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the users want, in the controllers' database, which is never lost. */
final class Database {
    private final Map<String, App> apps = new LinkedHashMap<>();

    record App(String guid, String version, int instances, boolean started, Staging staging) {
        boolean isStartable() {
            return started && staging == Staging.STAGED;
        }

        /** Whether an instance at this index is wanted, if it runs already. */
        boolean wants(int index) {
            return started && staging != Staging.FAILED && index < instances;
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
                            64,
                            app.started() ? "STARTED" : "STOPPED",
                            app.staging().name()));
        }
        return new DesiredState(rows);
    }
}
