package io.nimbus.healthmanager.policy;

import io.nimbus.subjects.DeaHeartbeat;
import io.nimbus.subjects.InstanceState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What runs, by the DEAs' own word: the latest heartbeat of each DEA that was heard of within its
 * presence, each a complete set. Nothing is remembered of a DEA that fell silent.
 */
final class ActualState {
    private final Duration presence;
    private final String partition;
    private final Map<String, Dea> deas = new LinkedHashMap<>();
    private final Map<String, Instance> instances = new HashMap<>();
    private final Map<String, Map<String, Instance>> apps = new HashMap<>();

    /**
     * @param partition heartbeat entries that name another one are somebody else's apps
     */
    ActualState(Duration presence, String partition) {
        this.presence = presence;
        this.partition = partition;
    }

    private static final class Dea {
        Instant heard;
        Set<String> guids = Set.of();

        /** It said that it goes, so its silence will be no surprise. */
        boolean leaving;

        Dea(Instant heard) {
            this.heard = heard;
        }
    }

    /**
     * @return apps of which something is not as it was: they are looked at at once
     */
    Set<String> heartbeat(DeaHeartbeat beat, Instant now) {
        var dea = deas.computeIfAbsent(beat.dea(), id -> new Dea(now));
        dea.heard = now;
        var changed = new HashSet<String>();
        var reported = new HashSet<String>();
        for (var entry : beat.instances()) {
            if (entry.partition() != null && !entry.partition().equals(partition)) {
                continue;
            }
            var instance =
                    new Instance(
                            new AppVersion(entry.app(), entry.version()),
                            entry.guid(),
                            entry.index(),
                            entry.state(),
                            entry.since(),
                            beat.dea());
            reported.add(entry.guid());
            var known = put(instance);
            if (known == null || known.state() != instance.state()) {
                changed.add(entry.app());
            }
        }
        for (var guid : dea.guids) {
            if (!reported.contains(guid)) {
                remove(guid, beat.dea()).ifPresent(changed::add);
            }
        }
        dea.guids = reported;
        return changed;
    }

    private @Nullable Instance put(Instance instance) {
        var known = instances.put(instance.guid(), instance);
        if (known != null && !known.key().app().equals(instance.key().app())) {
            forget(known);
        }
        apps.computeIfAbsent(instance.key().app(), app -> new LinkedHashMap<>())
                .put(instance.guid(), instance);
        return known;
    }

    /**
     * Unless another DEA has reported it since: an agent that was restarted under a new id reports
     * the instances that it found running.
     *
     * @return the app that it was of
     */
    private Optional<String> remove(String guid, String dea) {
        var known = instances.get(guid);
        if (known == null || !known.dea().equals(dea)) {
            return Optional.empty();
        }
        instances.remove(guid);
        forget(known);
        return Optional.of(known.key().app());
    }

    private void forget(Instance instance) {
        var ofApp = apps.get(instance.key().app());
        if (ofApp != null) {
            ofApp.remove(instance.guid());
            if (ofApp.isEmpty()) {
                apps.remove(instance.key().app());
            }
        }
    }

    /**
     * An instance's DEA said on its own that it changed; the next heartbeat has the last word.
     *
     * @return whether the instance was known
     */
    boolean changed(String guid, InstanceState state, double at) {
        var known = instances.get(guid);
        if (known == null) {
            return false;
        }
        put(known.in(state, at));
        return true;
    }

    void leaving(String dea) {
        var known = deas.get(dea);
        if (known != null) {
            known.leaving = true;
        }
    }

    /** A DEA that was not heard of for its presence. */
    record Gone(String dea, boolean expected) {}

    /** Forgets the DEAs that fell silent. */
    List<Gone> expire(Instant now) {
        var gone = new ArrayList<Gone>();
        var each = deas.entrySet().iterator();
        while (each.hasNext()) {
            var entry = each.next();
            if (!entry.getValue().heard.plus(presence).isAfter(now)) {
                each.remove();
                entry.getValue().guids.forEach(guid -> remove(guid, entry.getKey()));
                gone.add(new Gone(entry.getKey(), entry.getValue().leaving));
            }
        }
        return gone;
    }

    /** We were deaf until now: no DEA's silence before counts. */
    void excuse(Instant now) {
        deas.values().forEach(dea -> dea.heard = now);
    }

    boolean isPresent(String dea) {
        return deas.containsKey(dea);
    }

    int deas() {
        return deas.size();
    }

    @Nullable Instance instance(String guid) {
        return instances.get(guid);
    }

    /** Of all versions, in the order in which they were first heard of. */
    Collection<Instance> of(String app) {
        return apps.getOrDefault(app, Map.of()).values();
    }

    Set<String> apps() {
        return apps.keySet();
    }
}
