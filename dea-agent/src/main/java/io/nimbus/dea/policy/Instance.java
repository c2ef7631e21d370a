package io.nimbus.dea.policy;

import io.nimbus.subjects.DeaHeartbeat;
import io.nimbus.subjects.DeaStart;
import io.nimbus.subjects.DropletExited;
import io.nimbus.subjects.FindDroplet;
import io.nimbus.subjects.InstanceStats;
import io.nimbus.subjects.RouterRegister;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One instance of an app. Changed by its {@link Agent} only, under the agent's lock. */
public final class Instance {
    private final String handle;
    private final String privateId;
    private final DeaStart start;
    private String guid;
    private String version;
    private List<String> uris;
    private Map<String, String> routeServices;
    private Lifecycle state;
    private Instant since;
    private Instant startedAt;
    private @Nullable Address address;
    private boolean healthy;
    private boolean refused;
    private @Nullable Ending ending;
    private InstanceStats.@Nullable Usage usage;

    Instance(DeaStart start, String guid, String privateId, Instant now) {
        this.handle = guid;
        this.guid = guid;
        this.privateId = privateId;
        this.start = start;
        this.version = start.version();
        this.uris = start.uris();
        this.routeServices = start.routeServices();
        this.state = Lifecycle.BORN;
        this.since = now;
        this.startedAt = now;
    }

    Instance(SavedInstance saved) {
        this.handle = saved.handle();
        this.guid = saved.guid();
        this.privateId = saved.privateId();
        this.start = saved.start();
        this.version = saved.version();
        this.uris = saved.uris();
        this.routeServices = saved.routeServices();
        this.since = saved.since();
        this.startedAt = saved.startedAt();
        this.address = saved.address();
        this.ending = saved.ending();
        this.refused = saved.refused();
        // A crash is over and done with; anything else has to be looked for.
        this.state = saved.state() == Lifecycle.CRASHED ? Lifecycle.CRASHED : Lifecycle.RESUMING;
    }

    /** The container's name: the instance's first guid. */
    public String handle() {
        return handle;
    }

    /** 32 hex digits; another one after the app's version changed. */
    public String guid() {
        return guid;
    }

    /** 64 hex digits that only routers are told. */
    public String privateId() {
        return privateId;
    }

    public DeaStart start() {
        return start;
    }

    public String app() {
        return start.app();
    }

    public int index() {
        return start.index();
    }

    public String version() {
        return version;
    }

    public List<String> uris() {
        return uris;
    }

    public Lifecycle state() {
        return state;
    }

    /** When it entered its state. */
    public Instant since() {
        return since;
    }

    /** When it entered STARTING; its uptime counts from here. */
    public Instant startedAt() {
        return startedAt;
    }

    public Optional<Address> address() {
        return Optional.ofNullable(address);
    }

    public Optional<Ending> ending() {
        return Optional.ofNullable(ending);
    }

    public Optional<InstanceStats.Usage> usage() {
        return Optional.ofNullable(usage);
    }

    void enter(Lifecycle next, Instant now) {
        state = state.to(next);
        since = now;
        if (next == Lifecycle.STARTING) {
            startedAt = now;
        }
    }

    /** Back in the state it was in, as if nobody had been away. */
    void resume(Lifecycle saved) {
        state = state.to(saved);
    }

    void launchedAt(Address where) {
        address = where;
    }

    void passed() {
        healthy = true;
    }

    void ended(Ending how) {
        ending = how;
    }

    /** Nothing was ever made for it. */
    void refuse() {
        refused = true;
    }

    boolean usesDisk() {
        return state.usesDisk() && !refused;
    }

    void used(InstanceStats.Usage sample) {
        usage = sample;
    }

    void route(List<String> to, Map<String, String> services) {
        uris = to;
        routeServices = services;
    }

    /** The health manager knows instances by guid and takes a guid's version for fixed. */
    void becomeVersion(String other, String otherGuid) {
        version = other;
        guid = otherGuid;
    }

    boolean isRoutable() {
        return healthy
                && address != null
                && (state == Lifecycle.RUNNING || state == Lifecycle.EVACUATING);
    }

    /**
     * What routers are told: a message for the plain uris, one for those of each route service.
     *
     * @param only of these uris
     */
    List<RouterRegister> endpoints(AgentSettings dea, List<String> only) {
        if (address == null) {
            return List.of();
        }
        var byService = new LinkedHashMap<String, List<String>>();
        for (var uri : only) {
            byService
                    .computeIfAbsent(routeServices.getOrDefault(uri, ""), s -> new ArrayList<>())
                    .add(uri);
        }
        var messages = new ArrayList<RouterRegister>();
        for (var group : byService.entrySet()) {
            messages.add(
                    new RouterRegister(
                            address.host(),
                            address.port(),
                            group.getValue(),
                            app(),
                            dea.id(),
                            Map.of("component", "dea-" + dea.index()),
                            privateId,
                            Integer.toString(index()),
                            null,
                            group.getKey().isEmpty() ? null : group.getKey(),
                            null,
                            null,
                            null,
                            null,
                            null,
                            null));
        }
        return messages;
    }

    DeaHeartbeat.Instance heartbeat() {
        return new DeaHeartbeat.Instance(
                start.partition(), app(), version, guid, index(), state.wire(), seconds(since));
    }

    DropletExited exited(String reason, Instant now) {
        return new DropletExited(
                start.partition(),
                app(),
                version,
                guid,
                index(),
                reason,
                ending == null ? null : ending.status(),
                ending == null ? null : ending.description(),
                reason.equals(DropletExited.CRASHED) ? now.getEpochSecond() : null);
    }

    FindDroplet.Found found(String dea, boolean wantsStats, Instant now) {
        return new FindDroplet.Found(
                dea,
                app(),
                version,
                guid,
                index(),
                state.wire(),
                seconds(since),
                "/" + guid,
                null,
                wantsStats && state == Lifecycle.RUNNING && address != null
                        ? stats(address, now)
                        : null);
    }

    private InstanceStats stats(Address where, Instant now) {
        var limits = start.limits();
        return new InstanceStats(
                start.name(),
                uris,
                where.host(),
                where.port(),
                Math.max(0, Duration.between(startedAt, now).toSeconds()),
                ((long) limits.memoryMb()) << 20,
                ((long) limits.diskMb()) << 20,
                limits.files(),
                usage);
    }

    SavedInstance saved() {
        return new SavedInstance(
                handle,
                guid,
                privateId,
                state,
                since,
                startedAt,
                version,
                uris,
                routeServices,
                address,
                ending,
                refused,
                start);
    }

    private static double seconds(Instant time) {
        return time.getEpochSecond() + Math.round(time.getNano() / 1e3) / 1e6;
    }
}
