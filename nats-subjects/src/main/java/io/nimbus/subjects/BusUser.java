package io.nimbus.subjects;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Who may say and hear what: every process has a bus user of its own with just these subjects. The
 * launcher makes the server's configuration of this table and docs/subjects.md shows it.
 *
 * <p>Each user has its own inbox prefix, so that nobody can read another's replies. Who answers
 * requests may publish to the inbox of a request it received, and only there ({@link #replies}).
 */
public enum BusUser {
    CLOUD_CONTROLLER(
            List.of(
                    "dea.*.start",
                    "dea.stop",
                    "dea.update",
                    "dea.find.droplet",
                    "droplet.updated",
                    "staging.*.start",
                    "staging.stop",
                    "app.state",
                    "app.state.bulk",
                    "log.app.*",
                    "router.register",
                    "router.unregister",
                    "router.greet",
                    "dea.locate",
                    "staging.locate"),
            List.of(
                    "dea.advertise",
                    "dea.shutdown",
                    "staging.advertise",
                    "droplet.exited",
                    "hm9000.start",
                    "hm9000.stop",
                    "health.start",
                    "health.stop",
                    "cloudcontrollers.hm.requests.*",
                    "cloudcontroller.bulk.credentials.*",
                    "router.start"),
            1,
            "1m"),
    UAA(
            List.of("router.register", "router.unregister", "router.greet"),
            List.of("router.start"),
            1,
            "1m"),
    // Reply 2 of a staging task comes when the task is done, 15 minutes at most.
    STAGER(
            List.of("staging.advertise", "log.app.*"),
            List.of("staging.*.start", "staging.stop", "staging.locate"),
            4,
            "20m"),
    // One reply per matching instance.
    DEA(
            List.of(
                    "dea.start",
                    "dea.advertise",
                    "dea.shutdown",
                    "dea.heartbeat",
                    "droplet.exited",
                    "log.app.*",
                    "router.register",
                    "router.unregister",
                    "router.greet"),
            List.of(
                    "dea.*.start",
                    "dea.stop",
                    "dea.update",
                    "dea.find.droplet",
                    "dea.status",
                    "dea.discover",
                    "dea.locate",
                    "healthmanager.start",
                    "router.start"),
            10_000,
            "1m"),
    HEALTH_MANAGER(
            with(
                    Grant.STREAMS,
                    "hm9000.start",
                    "hm9000.stop",
                    "healthmanager.start",
                    "cloudcontroller.bulk.credentials.*",
                    "$KV.health_manager.>"),
            List.of(
                    "dea.heartbeat",
                    "dea.advertise",
                    "dea.shutdown",
                    "droplet.exited",
                    "droplet.updated",
                    "app.state",
                    "app.state.bulk",
                    "healthmanager.health",
                    "healthmanager.status",
                    "healthmanager.droplet"),
            10_000,
            "1m"),
    ROUTER(
            List.of("router.start", "router.active_apps", "log.app.*", "stat.router.*"),
            List.of("router.register", "router.unregister", "router.greet"),
            1,
            "1m"),
    LOGGREGATOR(
            with(
                    Grant.STREAMS,
                    "log.app.*",
                    "router.register",
                    "router.unregister",
                    "router.greet",
                    "$JS.ACK.>"),
            List.of("log.app.*", "log.platform.*", "router.start"),
            1,
            "1m"),
    /** People who look: the collector, operators' tools. */
    OPERATOR(
            List.of(
                    "vcap.component.discover",
                    "dea.status",
                    "dea.discover",
                    "dea.locate",
                    "staging.locate"),
            List.of("vcap.component.announce"),
            0,
            "1m");

    private final List<String> publishes;
    private final List<String> subscribes;
    private final int replies;
    private final String repliesWithin;

    BusUser(List<String> publishes, List<String> subscribes, int replies, String repliesWithin) {
        this.publishes = publishes;
        this.subscribes = subscribes;
        this.replies = replies;
        this.repliesWithin = repliesWithin;
    }

    /** The name it logs in with. */
    public String user() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What every reply address of this user begins with; the client library adds a unique rest. */
    public String inboxPrefix() {
        return "_INBOX_" + user() + ".";
    }

    public List<String> publishes() {
        var all = new ArrayList<>(publishes);
        if (this != OPERATOR) {
            all.add("vcap.component.announce");
            all.add("log.platform." + user());
        }
        return List.copyOf(all);
    }

    public List<String> subscribes() {
        var all = new ArrayList<>(subscribes);
        all.add(inboxPrefix() + ">");
        if (this != OPERATOR) {
            all.add("vcap.component.discover");
        }
        return List.copyOf(all);
    }

    /** How many replies it may send to one request; 0 for one who answers nothing. */
    public int replies() {
        return replies;
    }

    /** Within which time, in the server's notation. */
    public String repliesWithin() {
        return repliesWithin;
    }

    private static List<String> with(List<String> grant, String... more) {
        var all = new ArrayList<>(grant);
        all.addAll(List.of(more));
        return List.copyOf(all);
    }

    private static final class Grant {
        /** To keep streams and buckets of its own. */
        static final List<String> STREAMS = List.of("$JS.API.>");
    }
}
