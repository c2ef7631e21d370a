package io.nimbus.cloudcontroller;

import io.nimbus.bus.MessageBus;
import io.nimbus.bus.Timers;
import io.nimbus.subjects.AppState;
import io.nimbus.subjects.DeaAdvertise;
import io.nimbus.subjects.DeaStart;
import io.nimbus.subjects.DeaStop;
import io.nimbus.subjects.DeaUpdate;
import io.nimbus.subjects.FindDroplet;
import io.nimbus.subjects.InstanceState;
import io.nimbus.subjects.InstanceStats;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Obeys like a DEA, and answers for its instances like a health manager, too; nothing really runs.
 */
final class FakeDea {
    record Instance(DeaStart start, String guid, String version) {}

    final List<DeaStart> starts = new CopyOnWriteArrayList<>();
    final List<DeaStop> stops = new CopyOnWriteArrayList<>();
    final List<DeaUpdate> updates = new CopyOnWriteArrayList<>();
    final Map<String, Instance> instances = new ConcurrentHashMap<>();
    volatile int memoryMb = 16_384;

    private final String id;
    private final MessageBus bus;
    private final Timers timers;

    FakeDea(String id, MessageBus bus, Timers timers) {
        this.id = id;
        this.bus = bus;
        this.timers = timers;
        bus.subscribe(DeaStart.to(id), this::start);
        bus.subscribe(DeaStop.SUBJECT, this::stop);
        bus.subscribe(DeaUpdate.SUBJECT, this::update);
        bus.subscribe(DeaAdvertise.LOCATE, poke -> advertise());
        bus.answer(FindDroplet.SUBJECT, this::find);
        bus.answer(AppState.BULK, this::states);
        timers.every(Duration.ofSeconds(1), this::advertise);
        advertise();
    }

    void advertise() {
        var counts = new HashMap<String, Integer>();
        instances
                .values()
                .forEach(instance -> counts.merge(instance.start().app(), 1, Integer::sum));
        bus.publish(
                DeaAdvertise.SUBJECT,
                new DeaAdvertise(id, List.of("cflinuxfs4"), memoryMb, 65_536, counts, null));
    }

    private void start(DeaStart start) {
        starts.add(start);
        var guid = UUID.randomUUID().toString().replace("-", "");
        instances.put(guid, new Instance(start, guid, start.version()));
    }

    private void stop(DeaStop stop) {
        stops.add(stop);
        instances
                .values()
                .removeIf(i ->
                        stop.matches(
                                i.start().app(),
                                i.version(),
                                i.guid(),
                                i.start().index(),
                                InstanceState.RUNNING));
    }

    private void update(DeaUpdate update) {
        updates.add(update);
        var version = update.version();
        instances.replaceAll((guid, i) ->
                i.start().app().equals(update.app()) && version != null
                        ? new Instance(i.start(), guid, version)
                        : i);
    }

    private double now() {
        return timers.millis() / 1000.0;
    }

    private void find(FindDroplet question, MessageBus.Replier<FindDroplet.Found> replier) {
        for (var i : instances.values()) {
            if (question.matches(
                    i.start().app(),
                    i.version(),
                    i.guid(),
                    i.start().index(),
                    InstanceState.RUNNING)) {
                var mebibyte = 1024L * 1024;
                var stats =
                        new InstanceStats(
                                i.start().name(),
                                i.start().uris(),
                                "127.0.0.1",
                                61_000 + i.start().index(),
                                12,
                                i.start().limits().memoryMb() * mebibyte,
                                i.start().limits().diskMb() * mebibyte,
                                16_384,
                                new InstanceStats.Usage(
                                        "2026-01-01 00:00:00 +0000",
                                        0.01,
                                        20 * mebibyte,
                                        30 * mebibyte));
                replier.reply(
                        new FindDroplet.Found(
                                id,
                                i.start().app(),
                                i.version(),
                                i.guid(),
                                i.start().index(),
                                InstanceState.RUNNING,
                                now(),
                                "/" + i.guid(),
                                null,
                                question.wantsStats() ? stats : null));
            }
        }
    }

    private void states(AppState.Queries queries, MessageBus.Replier<AppState.States> replier) {
        var states = new AppState.States();
        for (var query : queries) {
            var beats =
                    instances.values().stream()
                            .filter(i ->
                                    i.start().app().equals(query.app())
                                            && i.version().equals(query.version()))
                            .map(i ->
                                    new AppState.Heartbeat(
                                            query.app(),
                                            i.version(),
                                            i.guid(),
                                            i.start().index(),
                                            InstanceState.RUNNING,
                                            now(),
                                            id))
                            .toList();
            states.put(
                    query.app(),
                    new AppState(query.app(), query.version(), null, beats, List.of()));
        }
        replier.reply(states);
    }
}
