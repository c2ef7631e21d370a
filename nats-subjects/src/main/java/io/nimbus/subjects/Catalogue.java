package io.nimbus.subjects;

import io.nimbus.subjects.log.EnvelopeBatch;
import java.util.List;

/**
 * Every subject that this platform speaks, for documentation and for tests that nothing is left
 * out.
 */
public final class Catalogue {
    public static final List<Entry> ENTRIES =
            List.of(
                    publish("dea.start", DeaHello.class, "A DEA is up; once, at its start"),
                    publish(
                            "dea.advertise",
                            DeaAdvertise.class,
                            "What a DEA has left; every 5 s and when it changes"),
                    publish("dea.locate", Poke.class, "Asks every DEA to advertise now"),
                    publish("dea.shutdown", DeaShutdown.class, "A DEA takes no more work"),
                    publish("dea.*.start", DeaStart.class, "Start one instance on that DEA"),
                    publish("dea.stop", DeaStop.class, "Stop the instances that match"),
                    publish("dea.update", DeaUpdate.class, "The app's routes changed"),
                    request(
                            "dea.find.droplet",
                            FindDroplet.class,
                            FindDroplet.Found.class,
                            "One reply per matching instance"),
                    request("dea.status", Poke.class, DeaStatus.class, "Capacity of every DEA"),
                    request(
                            "dea.discover",
                            DeaDiscover.class,
                            DeaHello.class,
                            "DEAs with room answer, the emptiest first"),
                    publish(
                            "dea.heartbeat",
                            DeaHeartbeat.class,
                            "All instances of a DEA; every 10 s and when one runs"),
                    publish(
                            "healthmanager.start",
                            Poke.class,
                            "Asks every DEA for a heartbeat now"),
                    publish(
                            "droplet.exited",
                            DropletExited.class,
                            "An instance crashed or its DEA evacuates"),
                    publish(
                            "droplet.updated",
                            DropletUpdated.class,
                            "An app's desired state changed"),
                    publish(
                            "staging.advertise",
                            StagingAdvertise.class,
                            "What a stager has left; every 5 s"),
                    publish("staging.locate", Poke.class, "Asks every stager to advertise now"),
                    request(
                            "staging.*.start",
                            StagingStart.class,
                            StagingReply.class,
                            "Stage an app; accepted, then result"),
                    publish("staging.stop", StagingStop.class, "Stop all staging of an app"),
                    request(
                            "app.state",
                            AppState.Query.class,
                            AppState.class,
                            "What the health manager knows of one app"),
                    request(
                            "app.state.bulk",
                            AppState.Queries.class,
                            AppState.States.class,
                            "The same for up to 50 apps"),
                    publish(
                            "hm9000.start",
                            InstanceStartRequest.class,
                            "Health manager asks to start an instance"),
                    publish(
                            "hm9000.stop",
                            InstanceStopRequest.class,
                            "Health manager asks to stop an instance"),
                    request(
                            "cloudcontroller.bulk.credentials.*",
                            Poke.class,
                            BulkCredentials.class,
                            "User and password of the bulk API, by partition"),
                    publish("router.start", RouterStart.class, "A router is up: register now"),
                    request(
                            "router.greet",
                            Poke.class,
                            RouterStart.class,
                            "Asks routers for their register interval"),
                    publish(
                            "router.register",
                            RouterRegister.class,
                            "An endpoint serves these uris; every 20 s"),
                    publish(
                            "router.unregister",
                            RouterRegister.class,
                            "An endpoint serves these uris no longer"),
                    publish(
                            "stat.router.*",
                            RouterStatistics.class,
                            "A router's traffic by app; every 5 s"),
                    publish(
                            "vcap.component.announce",
                            ComponentAnnounce.class,
                            "A component and its status server"),
                    request(
                            "vcap.component.discover",
                            Poke.class,
                            ComponentAnnounce.class,
                            "Every component answers"),
                    publish("log.app.*", EnvelopeBatch.class, "Log lines of an app (protobuf)"),
                    publish(
                            "log.platform.*",
                            EnvelopeBatch.class,
                            "Log lines of a component (protobuf)"));

    private Catalogue() {}

    /**
     * @param reply {@code Void} where nobody answers
     */
    public record Entry(String subject, Class<?> message, Class<?> reply, String meaning) {}

    private static Entry publish(String subject, Class<?> message, String meaning) {
        return new Entry(subject, message, Void.class, meaning);
    }

    private static Entry request(String subject, Class<?> message, Class<?> reply, String meaning) {
        return new Entry(subject, message, reply, meaning);
    }
}
