package io.nimbus.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import tools.jackson.databind.JsonNode;

/** What several commands do with apps: find, start and watch, show. */
final class Apps {
    private static final Duration STAGING = Duration.ofMinutes(15);
    private static final Duration STARTING = Duration.ofMinutes(5);

    private final Api api;
    private final PrintStream out;

    Apps(Api api, PrintStream out) {
        this.api = api;
        this.out = out;
    }

    /**
     * @throws Failure when the targeted space has no such app
     */
    JsonNode find(String name) throws Failure, IOException, InterruptedException {
        var space = api.target().requireSpace();
        return api.find("/v2/apps", "name:" + name, "space_guid:" + space.guid())
                .orElseThrow(() ->
                        new Failure("there is no app '" + name + "' in space " + space.name()));
    }

    void stop(JsonNode app) throws Failure, IOException, InterruptedException {
        api.put("/v2/apps/" + Api.guid(app), Map.of("state", "STOPPED"));
    }

    /** Starts the app, shows its staging as it goes, and returns when an instance runs. */
    void start(JsonNode app) throws Failure, IOException, InterruptedException {
        var guid = Api.guid(app);
        var began = Instant.now();
        var going = new AtomicBoolean(true);
        var staged = Thread.ofVirtual().unstarted(() -> showStaging(guid, began, going));
        try {
            var changed = api.put("/v2/apps/" + guid, Map.of("state", "STARTED"));
            staged.start();
            awaitStaged(guid);
            if (changed.path("entity").path("instances").asInt(1) == 0) {
                out.println("started with no instances");
                return;
            }
            awaitRunning(guid, began);
        } finally {
            going.set(false);
        }
    }

    void restage(JsonNode app) throws Failure, IOException, InterruptedException {
        var guid = Api.guid(app);
        var began = Instant.now();
        var going = new AtomicBoolean(true);
        try {
            api.post("/v2/apps/" + guid + "/restage", Map.of());
            Thread.ofVirtual().start(() -> showStaging(guid, began, going));
            awaitStaged(guid);
            awaitRunning(guid, began);
        } finally {
            going.set(false);
        }
    }

    private void showStaging(String guid, Instant from, AtomicBoolean going) {
        try {
            new LogTail(api, guid)
                    .follow(
                            from.minusSeconds(1),
                            going::get,
                            line -> {
                                if (line.source().equals("STG")) {
                                    out.println("   " + line.text());
                                }
                            });
        } catch (IOException | Failure e) {
            if (going.get()) {
                out.println("(the staging log cannot be shown: " + e.getMessage() + ")");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitStaged(String guid) throws Failure, IOException, InterruptedException {
        var deadline = System.nanoTime() + STAGING.toNanos();
        while (true) {
            var entity = api.get("/v2/apps/" + guid).path("entity");
            switch (entity.path("package_state").asString("")) {
                case "STAGED" -> {
                    return;
                }
                case "FAILED" -> {
                    Thread.sleep(700); // the last lines of its log
                    throw new Failure(
                            "staging failed: "
                                    + entity.path("staging_failed_description")
                                            .asString(
                                                    entity.path("staging_failed_reason")
                                                            .asString("no reason given")));
                }
                default -> Thread.sleep(700);
            }
            if (System.nanoTime() > deadline) {
                throw new Failure("staging took longer than " + STAGING.toMinutes() + " minutes");
            }
        }
    }

    private void awaitRunning(String guid, Instant began)
            throws Failure, IOException, InterruptedException {
        var deadline = System.nanoTime() + STARTING.toNanos();
        while (true) {
            var states = new TreeMap<String, Integer>();
            for (var instance : api.get("/v2/apps/" + guid + "/instances")) {
                states.merge(instance.path("state").asString("DOWN"), 1, Integer::sum);
            }
            if (states.containsKey("RUNNING")) {
                out.printf(
                        Locale.ROOT,
                        "started in %.1f s%n",
                        Duration.between(began, Instant.now()).toMillis() / 1000.0);
                return;
            }
            if (states.containsKey("CRASHED") || states.containsKey("FLAPPING")) {
                throw new Failure(
                        "the app crashed when it was started; `nimbus logs APP --recent` shows what it said");
            }
            if (System.nanoTime() > deadline) {
                throw new Failure("no instance runs after " + STARTING.toMinutes() + " minutes");
            }
            Thread.sleep(400);
        }
    }

    /** As {@code nimbus app} shows it. */
    void show(JsonNode app) throws Failure, IOException, InterruptedException {
        var guid = Api.guid(app);
        var summary = api.get("/v2/apps/" + guid + "/summary");
        out.println("name:       " + summary.path("name").asString());
        out.println("state:      " + summary.path("state").asString().toLowerCase(Locale.ROOT));
        out.println("instances:  " + running(summary) + "/" + summary.path("instances").asInt());
        out.println(
                "memory:     "
                        + Sizes.text(summary.path("memory").asDouble() * (1 << 20))
                        + " x "
                        + summary.path("instances").asInt());
        out.println("routes:     " + String.join(", ", routes(summary)));
        var buildpack =
                summary.path("detected_buildpack")
                        .asString(summary.path("buildpack").asString("-"));
        out.println("buildpack:  " + buildpack);
        out.println("stack:      " + stack(summary));
        if (!summary.path("state").asString().equals("STARTED")) {
            return;
        }
        out.println();
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("", "state", "since", "cpu", "memory", "disk"));
        JsonNode stats;
        try {
            stats = api.get("/v2/apps/" + guid + "/stats");
        } catch (Api.Refusal e) {
            out.println("no statistics: " + e.getMessage());
            return;
        }
        var states = instances(guid);
        stats.propertyStream()
                .sorted((a, b) ->
                        Integer.compare(Integer.parseInt(a.getKey()), Integer.parseInt(b.getKey())))
                .forEach(e -> {
                    var use = e.getValue().path("stats");
                    var state = states.getOrDefault(e.getKey(), e.getValue());
                    rows.add(
                            List.of(
                                    "#" + e.getKey(),
                                    state.path("state").asString("DOWN").toLowerCase(Locale.ROOT),
                                    since(state.path("since").asDouble(0)),
                                    use.isMissingNode()
                                            ? "-"
                                            : String.format(
                                                    Locale.ROOT,
                                                    "%.1f%%",
                                                    use.path("usage").path("cpu").asDouble(0)
                                                            * 100),
                                    use.isMissingNode()
                                            ? "-"
                                            : Sizes.text(use.path("usage").path("mem").asDouble(0))
                                                    + " of "
                                                    + Sizes.text(use.path("mem_quota").asDouble(0)),
                                    use.isMissingNode()
                                            ? "-"
                                            : Sizes.text(use.path("usage").path("disk").asDouble(0))
                                                    + " of "
                                                    + Sizes.text(
                                                            use.path("disk_quota").asDouble(0))));
                });
        Table.print(out, rows);
    }

    private Map<String, JsonNode> instances(String guid)
            throws Failure, InterruptedException, IOException {
        try {
            var states = new TreeMap<String, JsonNode>();
            api.get("/v2/apps/" + guid + "/instances")
                    .propertyStream()
                    .forEach(e -> states.put(e.getKey(), e.getValue()));
            return states;
        } catch (Api.Refusal e) {
            return Map.of(); // not staged yet, or stopped meanwhile
        }
    }

    private String stack(JsonNode summary) throws Failure, IOException, InterruptedException {
        var guid = summary.path("stack_guid").asString("");
        return guid.isEmpty()
                ? "-"
                : api.get("/v2/stacks/" + guid).path("entity").path("name").asString("-");
    }

    static String running(JsonNode summary) {
        var running = summary.path("running_instances").asInt(0);
        return running < 0 ? "?" : String.valueOf(running);
    }

    static List<String> routes(JsonNode summary) {
        var routes = new ArrayList<String>();
        for (var route : summary.path("routes")) {
            var host = route.path("host").asString("");
            routes.add(
                    (host.isEmpty() ? "" : host + ".")
                            + route.path("domain").path("name").asString()
                            + route.path("path").asString(""));
        }
        return routes;
    }

    private static String since(double epochSeconds) {
        return epochSeconds == 0 ? "-" : Instant.ofEpochSecond((long) epochSeconds).toString();
    }
}
