package io.nimbus.cloudcontroller.apps;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.running.Deas;
import io.nimbus.cloudcontroller.running.HealthManagerClient;
import io.nimbus.cloudcontroller.running.RunnableApp;
import io.nimbus.subjects.FindDroplet;
import io.nimbus.subjects.InstanceState;
import io.nimbus.subjects.InstanceStats;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What an app's instances do, as the DEAs and the health manager tell it. */
public final class Instances {
    private final Deas deas;
    private final HealthManagerClient healthManager;
    private final InstantSource clock;

    public Instances(Deas deas, HealthManagerClient healthManager, InstantSource clock) {
        this.deas = deas;
        this.healthManager = healthManager;
        this.clock = clock;
    }

    /** Index to state and since when. An index that nobody reports is DOWN. */
    Map<String, Object> states(RunnableApp app) {
        var states = new TreeMap<Integer, Map<String, @Nullable Object>>();
        healthManager
                .flapping(app.guid(), app.version())
                .forEach((index, since) -> {
                    if (index < app.instances()) {
                        var state = new LinkedHashMap<String, @Nullable Object>();
                        state.put("state", "FLAPPING");
                        state.put("since", (double) since.getEpochSecond());
                        states.put(index, state);
                    }
                });
        var question =
                FindDroplet.inStates(
                        app.guid(), app.version(), InstanceState.STARTING, InstanceState.RUNNING);
        for (var found : deas.find(question, app.instances() - states.size())) {
            var shown = states.get(found.index());
            if (found.index() >= app.instances()
                    || (shown != null && found.state() != InstanceState.RUNNING)) {
                continue;
            }
            var state = new LinkedHashMap<String, @Nullable Object>();
            state.put("state", found.state().name());
            state.put("since", found.since());
            state.put("uptime", (long) Math.max(0, now() - found.since()));
            state.put("debug_ip", null);
            state.put("debug_port", null);
            state.put("console_ip", null);
            state.put("console_port", null);
            states.put(found.index(), state);
        }
        for (int index = 0; index < app.instances(); index++) {
            states.computeIfAbsent(index, i -> down());
        }
        return byText(states);
    }

    /** Index to state and statistics. */
    Map<String, Object> stats(RunnableApp app) {
        var stats = new TreeMap<Integer, Map<String, @Nullable Object>>();
        for (var found : running(app).entrySet()) {
            var entry = new LinkedHashMap<String, @Nullable Object>();
            entry.put("state", found.getValue().state().name());
            var figures = found.getValue().stats();
            if (figures != null) {
                entry.put("stats", figures(figures));
            }
            stats.put(found.getKey(), entry);
        }
        for (int index = 0; index < app.instances(); index++) {
            stats.computeIfAbsent(index, i -> down());
        }
        return byText(stats);
    }

    /** The running instances, by index. */
    public Map<Integer, FindDroplet.Found> running(RunnableApp app) {
        var running = new TreeMap<Integer, FindDroplet.Found>();
        for (var found : deas.find(FindDroplet.stats(app.guid(), app.version()), app.instances())) {
            if (found.index() < app.instances()) {
                running.put(found.index(), found);
            }
        }
        return running;
    }

    private static Map<String, @Nullable Object> figures(InstanceStats stats) {
        var shown = new LinkedHashMap<String, @Nullable Object>();
        shown.put("name", stats.name());
        shown.put("uris", stats.uris());
        shown.put("host", stats.host());
        shown.put("port", stats.port());
        shown.put("uptime", stats.uptimeSeconds());
        shown.put("mem_quota", stats.memoryQuotaBytes());
        shown.put("disk_quota", stats.diskQuotaBytes());
        shown.put("fds_quota", stats.filesQuota());
        var usage = stats.usage();
        var used = new LinkedHashMap<String, @Nullable Object>();
        if (usage != null) {
            used.put("time", usage.time());
            used.put("cpu", usage.cpu());
            used.put("mem", usage.memoryBytes());
            used.put("disk", usage.diskBytes());
        }
        shown.put("usage", used);
        return shown;
    }

    private Map<String, @Nullable Object> down() {
        var state = new LinkedHashMap<String, @Nullable Object>();
        state.put("state", "DOWN");
        state.put("since", now());
        return state;
    }

    private double now() {
        return clock.millis() / 1000.0;
    }

    private static Map<String, Object> byText(Map<Integer, Map<String, @Nullable Object>> byIndex) {
        var byText = new LinkedHashMap<String, Object>();
        byIndex.forEach((index, state) -> byText.put(Integer.toString(index), state));
        return byText;
    }

    /** The crashed ones that a DEA still keeps. */
    Object crashes(RunnableApp app) {
        return healthManager.crashed(app.guid(), app.version()).stream()
                .map(crash -> Map.of("instance", crash.instance(), "since", crash.since()))
                .toList();
    }

    /**
     * One instance, by index or guid, with the address of a file in it.
     *
     * @throws io.nimbus.cloudcontroller.errors.CloudException FileError
     */
    FindDroplet.Found withFile(RunnableApp app, String id, String path) {
        if (!app.started()) {
            throw CloudError.FILE_ERROR.of("app " + app.name() + " is stopped");
        }
        FindDroplet question;
        if (id.matches("\\+?\\d{1,9}")) {
            var index = Integer.parseInt(id.replace("+", ""));
            if (index >= app.instances()) {
                throw CloudError.FILE_ERROR.of("there is no instance " + index);
            }
            question =
                    new FindDroplet(
                            app.guid(),
                            app.version(),
                            null,
                            null,
                            List.of(index),
                            List.of(
                                    InstanceState.STARTING,
                                    InstanceState.RUNNING,
                                    InstanceState.CRASHED),
                            null,
                            path);
        } else if (id.matches("[0-9a-f-]{32,36}")) {
            question =
                    new FindDroplet(
                            app.guid(),
                            null,
                            null,
                            List.of(id),
                            null,
                            List.of(
                                    InstanceState.STARTING,
                                    InstanceState.RUNNING,
                                    InstanceState.CRASHED),
                            null,
                            path);
        } else {
            throw CloudError.FILE_ERROR.of(id + " is neither an index nor an instance");
        }
        return deas.find(question, 1).stream()
                .findFirst()
                .orElseThrow(() -> CloudError.FILE_ERROR.of("instance " + id + " is not there"));
    }
}
