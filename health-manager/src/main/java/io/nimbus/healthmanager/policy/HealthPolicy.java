package io.nimbus.healthmanager.policy;

import io.nimbus.subjects.AppState;
import io.nimbus.subjects.DeaAdvertise;
import io.nimbus.subjects.DeaHeartbeat;
import io.nimbus.subjects.DropletExited;
import io.nimbus.subjects.InstanceState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * All that a health manager knows and decides. It is told what was heard and what time it is, and
 * asked what to send; it waits for nothing and calls nobody. Not thread-safe: its owner has the
 * lock.
 *
 * <p>Several health managers may feed one of these each; only the one that leads gets anything to
 * send.
 */
public final class HealthPolicy {
    private static final Comparator<HealthRequest> BY_NAME =
            Comparator.comparing((HealthRequest r) -> r.key().app())
                    .thenComparing(r -> r.key().version())
                    .thenComparingInt(HealthRequest::index);

    private final HealthSettings settings;
    private final ActualState actual;
    private final ActualFreshness freshness;
    private final CrashHistory crashes;
    private final MassFailureBreaker breaker;
    private final TokenBucket startTokens;
    private final TokenBucket stopTokens;
    private final PendingRequests<Slot, HealthRequest.Start> starts;
    private final PendingRequests<String, HealthRequest.Stop> stops;

    /** Guid of each instance against which a stop was sent, and when. */
    private final Map<String, Instant> doomed = new HashMap<>();

    /** Apps that changed since the last fetch began, and the number of that change. */
    private final Map<String, Long> outdated = new LinkedHashMap<>();

    private long changes;
    private DesiredState desired = DesiredState.NONE;
    private Instant desiredAt = Instant.MIN;
    private boolean leading;
    private boolean deaf;

    private final EnumMap<StartReason, Long> startsSent = new EnumMap<>(StartReason.class);
    private final EnumMap<StopReason, Long> stopsSent = new EnumMap<>(StopReason.class);
    private long heartbeats;
    private Map<String, Long> gauges = new HealthFigures.Count().gauges(false);

    /**
     * @param partition instances that name another one are not ours to judge
     */
    public HealthPolicy(HealthSettings settings, String partition) {
        this.settings = settings;
        actual = new ActualState(settings.presence(), partition);
        freshness = new ActualFreshness(settings.presence(), settings.warmUp());
        crashes = new CrashHistory(settings.crashMemory());
        breaker = new MassFailureBreaker(settings.breaker());
        startTokens = new TokenBucket(settings.requestsPerSecond(), settings.burst());
        stopTokens = new TokenBucket(settings.requestsPerSecond(), settings.burst());
        starts = new PendingRequests<>(settings.keepAlive());
        stops = new PendingRequests<>(settings.keepAlive());
    }

    private record Slot(String version, int index) {}

    // What is heard

    public void heartbeat(DeaHeartbeat beat, Instant now) {
        heartbeats++;
        freshness.heartbeat(now);
        breaker.returned(beat.dea());
        lookAt(actual.heartbeat(beat, now), now);
    }

    /** An advert says that a DEA is there; whether anything runs on it, only heartbeats say. */
    public void advertised(DeaAdvertise advert, Instant now) {
        if (advert.instancesByApp().isEmpty()) {
            freshness.idle(now);
        }
    }

    /** {@code dea.shutdown}: that DEA will fall silent, and its instances will move. */
    public void leaving(String dea) {
        actual.leaving(dea);
    }

    /**
     * A DEA reports on its own that an instance ended. A hint that saves the wait for the next
     * heartbeat, and no more: it may come late, or from before a heartbeat already seen.
     */
    public void exited(DropletExited exited, Instant now) {
        boolean known;
        if (exited.isCrash()) {
            var at = exited.crashedAt();
            known =
                    actual.changed(
                            exited.instance(),
                            InstanceState.CRASHED,
                            at == null ? now.toEpochMilli() / 1000.0 : at);
        } else if (exited.reason().equals(DropletExited.DEA_EVACUATION)
                || exited.reason().equals(DropletExited.DEA_SHUTDOWN)) {
            known =
                    actual.changed(
                            exited.instance(),
                            InstanceState.EVACUATING,
                            now.toEpochMilli() / 1000.0);
        } else {
            return; // a wanted stop
        }
        if (known) {
            lookAt(Set.of(exited.app()), now);
        }
    }

    /**
     * An app's desired state changed: what is known of it is outdated, and nothing is concluded
     * from that until a fetch that began after this has come in.
     */
    public void updated(String app) {
        outdated.put(app, ++changes);
        starts.cancel(app);
        stops.cancel(app);
    }

    /** What a fetch must show when it is done. */
    public record Fetch(long changes, Instant begun) {}

    public Fetch fetchBegins(Instant now) {
        return new Fetch(changes, now);
    }

    public void desired(Fetch fetch, DesiredState state, Instant now) {
        desired = state;
        desiredAt = fetch.begun();
        var settled = new HashSet<String>();
        outdated.entrySet()
                .removeIf(entry ->
                        entry.getValue() <= fetch.changes() && settled.add(entry.getKey()));
        lookAt(settled, now);
    }

    /** The bus is away: no heartbeat comes, and that says nothing about the DEAs. */
    public void busAway() {
        deaf = true;
        freshness.revoke();
    }

    public void busBack(Instant now) {
        deaf = false;
        freshness.revoke();
        actual.excuse(now);
    }

    /** From now on this one acts, with the crash counts that its predecessor saved. */
    public void lead(Collection<CrashCount> saved) {
        crashes.load(saved);
        leading = true;
    }

    /** Crash counts that the one who acts has saved since, for what {@link #state} answers. */
    public void learn(Collection<CrashCount> saved) {
        crashes.load(saved);
    }

    /** Somebody else acts from now on. */
    public void follow() {
        leading = false;
        starts.clear();
        stops.clear();
        doomed.clear();
    }

    // What is concluded

    public boolean isLeading() {
        return leading;
    }

    /** Whether actual and desired state are known well enough to answer and to act. */
    public boolean isFresh(Instant now) {
        return !deaf && freshness.isFresh(now) && isDesiredFresh(now);
    }

    public boolean isActualFresh(Instant now) {
        return !deaf && freshness.isFresh(now);
    }

    public boolean isDesiredFresh(Instant now) {
        return !desiredAt.equals(Instant.MIN)
                && desiredAt.plus(settings.desiredLife()).isAfter(now);
    }

    /**
     * Looks at who fell silent; each second or so.
     *
     * @return what an operator should know of it, in words; mostly nothing
     */
    public List<String> watch(Instant now) {
        var news = new ArrayList<String>();
        if (!deaf) {
            for (var gone : actual.expire(now)) {
                news.add(
                        "DEA "
                                + gone.dea()
                                + " is silent"
                                + (gone.expected() ? " as it said" : ""));
                if (!gone.expected()) {
                    breaker.silent(gone.dea(), now);
                }
            }
            lookAtBreaker(news, now);
        }
        return news;
    }

    /** Looks at every app: what is missing, what should not be there. */
    public void analyse(Instant now) {
        crashes.forgetOld(now);
        doomed.entrySet()
                .removeIf(entry ->
                        actual.instance(entry.getKey()) == null
                                || !entry.getValue().plus(doom()).isAfter(now));
        var fresh = isFresh(now);
        var count = new HealthFigures.Count();
        if (fresh) {
            var apps = new HashSet<>(desired.apps().keySet());
            apps.addAll(actual.apps());
            for (var app : apps) {
                count(app, count);
            }
            if (leading) {
                apps.addAll(starts.apps());
                apps.addAll(stops.apps());
                apps.forEach(app -> lookAt(app, now));
            }
        }
        gauges = count.gauges(fresh);
    }

    /** A stop that was not followed by an end within this time was lost or refused. */
    private Duration doom() {
        return settings.presence().multipliedBy(2);
    }

    private void lookAtBreaker(List<String> news, Instant now) {
        var silent = breaker.silentDeas();
        if (breaker.look(actual.deas(), now)) {
            news.add(
                    breaker.isOpen()
                            ? breaker.silentDeas()
                                    + " of "
                                    + (actual.deas() + breaker.silentDeas())
                                    + " DEAs fell silent together: missing instances are not asked"
                                    + " for until they are back, at most "
                                    + settings.breaker().hold().toSeconds()
                                    + " s"
                            : "missing instances are asked for again; "
                                    + silent
                                    + " DEAs did not come back");
        }
    }

    private void count(String app, HealthFigures.Count count) {
        var row = desired.apps().get(app);
        if (row != null && row.isWanted()) {
            count.desired(row, actual.of(app));
            count.actual(actual.of(app), true);
        } else {
            count.actual(actual.of(app), false);
        }
    }

    private void lookAt(Set<String> apps, Instant now) {
        if (leading && isFresh(now)) {
            apps.forEach(app -> lookAt(app, now));
        }
    }

    private void lookAt(String app, Instant now) {
        if (outdated.containsKey(app)) {
            return;
        }
        var view = view(app, now);
        starts.review(app, start -> isRight(view, start), now);
        stops.review(app, stop -> isRight(view, stop), now);
        var starting = new HashSet<AppVersion>();
        for (var start : view.starts()) {
            var slot = new Slot(start.request().key().version(), start.request().index());
            if (starts.offer(slot, start, HealthPolicy::isMoreUrgent)) {
                starting.add(start.request().key());
            }
        }
        for (var stop : view.stops()) {
            // First make whole what is wanted: what is too much can wait for the next look.
            if (stop.request().reason() == StopReason.EVACUATION_COMPLETE
                    || !starting.contains(stop.request().key())) {
                stops.offer(
                        stop.request().instance(),
                        stop,
                        (waiting, proposed) -> waiting.reason() != proposed.reason());
            }
        }
    }

    /**
     * What was only missing and now has crashed, or turns out to be evacuating, has other times.
     */
    private static boolean isMoreUrgent(HealthRequest.Start waiting, HealthRequest.Start proposed) {
        return waiting.reason() != proposed.reason() && proposed.reason() != StartReason.MISSING;
    }

    private AppAnalysis view(String app, Instant now) {
        return new AppAnalysis(
                desired.apps().get(app),
                actual.of(app),
                crashes,
                instance -> doomed.containsKey(instance.guid()),
                settings,
                now);
    }

    private static boolean isRight(AppAnalysis view, HealthRequest.Start start) {
        return view.start(start.index()).isPresent();
    }

    private boolean isRight(AppAnalysis view, HealthRequest.Stop stop) {
        var instance = actual.instance(stop.instance());
        return instance != null && view.stop(instance).equals(Optional.of(stop.reason()));
    }

    // What is sent

    /**
     * What goes out now, each checked once more against what is known now: urgent ones first, no
     * more than the throttle lets through. What is handed out counts as sent.
     */
    public List<HealthRequest> send(Instant now) {
        if (!leading || !isFresh(now)) {
            return List.of();
        }
        var sending = new ArrayList<HealthRequest>();
        var views = new HashMap<String, AppAnalysis>();
        sendStarts(sending, views, now);
        sendStops(sending, views, now);
        return sending;
    }

    private void sendStarts(
            List<HealthRequest> sending, Map<String, AppAnalysis> views, Instant now) {
        var due = starts.due(now);
        due.sort(
                Comparator.comparingDouble(
                                (Map.Entry<Slot, PendingRequests.Pending<HealthRequest.Start>> e) ->
                                        -e.getValue().priority)
                        .thenComparing(e -> e.getValue().due)
                        .thenComparing(e -> e.getValue().request, BY_NAME));
        for (var entry : due) {
            var start = entry.getValue().request;
            var app = start.key().app();
            if (outdated.containsKey(app)
                    || (breaker.isOpen() && start.reason() == StartReason.MISSING)) {
                continue;
            }
            var view = views.computeIfAbsent(app, a -> view(a, now));
            if (!isRight(view, start) || !isLive(start.key()) || isOvertaken(view, start)) {
                starts.drop(entry.getKey(), entry.getValue());
                continue;
            }
            if (!startTokens.take(now)) {
                return;
            }
            // The next pass may ask for a missing one again: it gives it a new grace of its own.
            starts.sent(
                    entry.getKey(), entry.getValue(), start.reason() != StartReason.MISSING, now);
            view.unansweredCrash(start.index()).ifPresent(crash -> crashes.answered(crash, now));
            startsSent.merge(start.reason(), 1L, Long::sum);
            sending.add(start);
        }
    }

    /** It crashed since this was queued: that has a time of its own. */
    private static boolean isOvertaken(AppAnalysis view, HealthRequest.Start start) {
        return start.reason() != StartReason.CRASHED
                && view.start(start.index()).equals(Optional.of(StartReason.CRASHED));
    }

    private boolean isLive(AppVersion key) {
        var row = desired.apps().get(key.app());
        return row != null && row.version().equals(key.version());
    }

    private void sendStops(
            List<HealthRequest> sending, Map<String, AppAnalysis> views, Instant now) {
        var due = stops.due(now);
        due.sort(
                Comparator.comparing(
                                (Map.Entry<String, PendingRequests.Pending<HealthRequest.Stop>>
                                                e) -> e.getValue().due)
                        .thenComparing(e -> e.getValue().request, BY_NAME)
                        .thenComparing(Map.Entry::getKey));
        for (var entry : due) {
            var stop = entry.getValue().request;
            var app = stop.key().app();
            if (outdated.containsKey(app)) {
                continue;
            }
            if (!isRight(views.computeIfAbsent(app, a -> view(a, now)), stop)) {
                stops.drop(entry.getKey(), entry.getValue());
                continue;
            }
            if (!stopTokens.take(now)) {
                return;
            }
            stops.sent(entry.getKey(), entry.getValue(), true, now);
            doomed.put(stop.instance(), now);
            stopsSent.merge(stop.reason(), 1L, Long::sum);
            sending.add(stop);
        }
    }

    /** Crash counts that changed: to be saved before what {@link #send} gave goes out. */
    public List<CrashCount> takeUnsaved() {
        return crashes.takeUnsaved();
    }

    /** They could not be saved: hand them out again. */
    public void notSaved(Collection<CrashCount> counts) {
        crashes.notSaved(counts);
    }

    // What is answered

    /**
     * {@code app.state}: {@link AppState#UNKNOWN} while not fresh and for what was never heard of.
     */
    public AppState state(AppState.Query query, Instant now) {
        var key = new AppVersion(query.app(), query.version());
        var row = desired.apps().get(query.app());
        if (row != null && !row.version().equals(query.version())) {
            row = null;
        }
        var instances = actual.of(query.app()).stream().filter(i -> i.key().equals(key)).toList();
        if (!isFresh(now) || (row == null && instances.isEmpty())) {
            return AppState.UNKNOWN;
        }
        return new AppState(
                query.app(),
                query.version(),
                row == null
                        ? new AppState.Desired("", "", 0, "", "")
                        : new AppState.Desired(
                                row.app(),
                                row.version(),
                                row.instances(),
                                row.state(),
                                row.packageState()),
                instances.stream()
                        .map(i ->
                                new AppState.Heartbeat(
                                        query.app(),
                                        query.version(),
                                        i.guid(),
                                        i.index(),
                                        i.state(),
                                        i.since(),
                                        i.dea()))
                        .toList(),
                crashes.of(key, now).stream()
                        .map(c ->
                                new AppState.CrashCount(
                                        query.app(),
                                        query.version(),
                                        c.index(),
                                        c.count(),
                                        c.at().getEpochSecond()))
                        .toList());
    }

    /** As {@link #state}, those that are known. */
    public AppState.States states(AppState.Queries queries, Instant now) {
        var states = new AppState.States();
        for (var query : queries) {
            var state = state(query, now);
            if (state.isKnown()) {
                states.put(query.app(), state);
            }
        }
        return states;
    }

    public HealthFigures figures() {
        var counters = new LinkedHashMap<String, Long>();
        counters.put("StartMissing", startsSent.getOrDefault(StartReason.MISSING, 0L));
        counters.put("StartCrashed", startsSent.getOrDefault(StartReason.CRASHED, 0L));
        counters.put("StartEvacuating", startsSent.getOrDefault(StartReason.EVACUATING, 0L));
        counters.put("StopExtra", stopsSent.getOrDefault(StopReason.EXTRA, 0L));
        counters.put("StopOldVersion", stopsSent.getOrDefault(StopReason.OLD_VERSION, 0L));
        counters.put("StopDuplicate", stopsSent.getOrDefault(StopReason.DUPLICATE, 0L));
        counters.put(
                "StopEvacuationComplete",
                stopsSent.getOrDefault(StopReason.EVACUATION_COMPLETE, 0L));
        counters.put("ReceivedHeartbeats", heartbeats);
        counters.put("BreakerTrips", breaker.trips());
        return new HealthFigures(gauges, counters);
    }

    /** DEAs heard of within their presence. */
    public int deas() {
        return actual.deas();
    }

    /** Whether missing instances wait because very many DEAs fell silent together. */
    public boolean isHolding() {
        return breaker.isOpen();
    }

    public int waitingStarts() {
        return starts.waiting();
    }

    public int waitingStops() {
        return stops.waiting();
    }
}
