package io.nimbus.cloudcontroller.running;

import io.nimbus.bus.BusUnavailableException;
import io.nimbus.bus.MessageBus;
import io.nimbus.cloudcontroller.blobstore.Blobstore;
import io.nimbus.cloudcontroller.blobstore.Blobstores;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.policy.DeaPool;
import io.nimbus.component.Component;
import io.nimbus.subjects.DeaAdvertise;
import io.nimbus.subjects.DeaShutdown;
import io.nimbus.subjects.DeaStart;
import io.nimbus.subjects.DeaStop;
import io.nimbus.subjects.DeaUpdate;
import io.nimbus.subjects.DropletUpdated;
import io.nimbus.subjects.FindDroplet;
import io.nimbus.subjects.Poke;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The DEAs: hears what they have left, tells them what to do, asks what they run. A message may be
 * lost; the health manager then asks for what is missing.
 */
public final class Deas implements Component {
    private static final Logger log = LoggerFactory.getLogger(Deas.class);

    /** For which an answer of all DEAs is waited. */
    private static final Duration FIND = Duration.ofSeconds(2);

    private final MessageBus bus;
    private final DeaPool pool;
    private final Messages messages;
    private final Blobstore droplets;
    private final AppLog appLog;
    private final String partition;

    public Deas(
            MessageBus bus,
            DeaPool pool,
            Messages messages,
            Blobstore droplets,
            AppLog appLog,
            String partition) {
        this.bus = bus;
        this.pool = pool;
        this.messages = messages;
        this.droplets = droplets;
        this.appLog = appLog;
        this.partition = partition;
    }

    @Override
    public void start() {
        bus.subscribe(DeaAdvertise.SUBJECT, pool::advertised);
        bus.subscribe(DeaShutdown.SUBJECT, left -> pool.left(left.id()));
        bus.onConnect(() -> bus.publish(DeaAdvertise.LOCATE, Poke.POKE));
    }

    @Override
    public void close() {}

    /**
     * Starts these instances, or none.
     *
     * @throws io.nimbus.cloudcontroller.errors.CloudException InsufficientRunningResourcesAvailable
     *     when there is no room for all, AppPackageNotFound when the droplet is gone
     * @throws BusUnavailableException when nothing can be sent
     */
    public void start(RunnableApp app, List<Integer> indices) {
        if (indices.isEmpty()) {
            return;
        }
        var droplet = droplet(app);
        if (!bus.isConnected()) {
            throw new BusUnavailableException("the bus is away");
        }
        var places = pool.placeAll(need(app), indices.size());
        if (places.isEmpty()) {
            appLog.warn(
                    app.guid(),
                    "There is no room to start " + said(indices.size()) + " of this app");
            throw CloudError.INSUFFICIENT_RUNNING_RESOURCES_AVAILABLE.of();
        }
        for (int i = 0; i < indices.size(); i++) {
            send(app, places.get().get(i), indices.get(i), droplet);
        }
    }

    /** Starts what there is room for; the health manager will ask again for the rest. */
    public void startWhatFits(RunnableApp app, List<Integer> indices) {
        var droplet = droplet(app);
        var homeless = 0;
        for (var index : indices) {
            var dea = pool.place(need(app));
            if (dea.isPresent()) {
                send(app, dea.get(), index, droplet);
            } else {
                homeless++;
            }
        }
        if (homeless > 0) {
            appLog.warn(app.guid(), "There is no room to start " + said(homeless) + " of this app");
        }
    }

    private static String said(int instances) {
        return instances == 1 ? "an instance" : instances + " instances";
    }

    private static DeaPool.Need need(RunnableApp app) {
        return new DeaPool.Need(app.guid(), app.memoryMb(), app.diskMb(), app.stack());
    }

    private String droplet(RunnableApp app) {
        var droplet = app.dropletHash();
        try {
            if (droplet != null && droplets.has(Blobstores.droplet(app.guid(), droplet))) {
                return droplet;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw CloudError.APP_PACKAGE_NOT_FOUND.of(app.guid());
    }

    private void send(RunnableApp app, String dea, int index, String droplet) {
        if (!bus.publish(DeaStart.to(dea), messages.start(app, index, droplet))) {
            log.warn(
                    "app {}: instance {} was not sent to {}: the bus is away",
                    app.guid(),
                    index,
                    dea);
        }
    }

    /** Every instance, staging included. */
    public void stop(String app) {
        stop(DeaStop.app(app));
    }

    public void stop(String app, String version, List<Integer> indices) {
        stop(DeaStop.indices(app, version, indices));
    }

    public void stopInstance(String app, String instance) {
        stop(DeaStop.instances(app, List.of(instance)));
    }

    private void stop(DeaStop message) {
        if (!bus.publish(DeaStop.SUBJECT, message)) {
            log.warn("app {}: a stop was not sent: the bus is away", message.app());
        }
    }

    /** The app's routes, all of them, are now these. */
    public void update(RunnableApp app) {
        bus.publish(
                DeaUpdate.SUBJECT,
                new DeaUpdate(app.guid(), app.uris(), app.version(), app.routeServices()));
    }

    /** Tells the health manager to read the app anew. */
    public void changed(String app) {
        bus.publish(DropletUpdated.SUBJECT, new DropletUpdated(app, partition));
    }

    /**
     * Asks all DEAs and waits for so many answers, 2 s at most.
     *
     * @throws BusUnavailableException when nobody can be asked
     */
    public List<FindDroplet.Found> find(FindDroplet question, int most) {
        if (!bus.isConnected()) {
            throw new BusUnavailableException("the bus is away");
        }
        return most <= 0 ? List.of() : bus.gather(FindDroplet.SUBJECT, question, most, FIND);
    }

    public static List<Integer> all(int instances) {
        return IntStream.range(0, instances).boxed().toList();
    }
}
