package io.nimbus.stager;

import io.nimbus.bus.LogEmitter;
import io.nimbus.bus.NatsBus;
import io.nimbus.bus.SystemTimers;
import io.nimbus.component.Component;
import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.component.Health;
import io.nimbus.component.Main;
import io.nimbus.component.StatusServer;
import io.nimbus.warden.WardenException;
import io.nimbus.warden.WardenOptions;
import io.nimbus.warden.Wardens;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The stager process: {@code java -jar stager.jar stager.yml}. */
public final class StagerMain {
    private static final Logger log = LoggerFactory.getLogger(StagerMain.class);

    private StagerMain() {}

    public static void main(String[] arguments) {
        Main.run("stager", arguments, StagerMain::assemble);
    }

    static Component assemble(Config source) throws ConfigException {
        var config = source.complete(StagerConfig.read(source));
        var timers = new SystemTimers();
        var bus = NatsBus.open(config.nats(), timers);
        var health = new Health();
        var status = new StatusServer("Stager", config.status(), health, bus, timers);
        try {
            var id = Stager.id(config, UUID::randomUUID);
            var warden =
                    Wardens.open(
                            new WardenOptions(
                                    StagingTask.passable(config.base()).resolve("depot"),
                                    owner(id),
                                    config.backend(),
                                    config.stacks(),
                                    config.network(),
                                    10L << 20),
                            timers);
            warden.capabilities()
                    .warnings()
                    .forEach(warning -> log.warn("not isolated: {}", warning));
            var logs = new LogEmitter(bus, timers);
            var stager = new Stager(id, config, bus, timers, warden, logs);
            status.varz(stager::varz);
            return Component.inOrder(
                    Component.closing(timers),
                    Component.closing(bus),
                    status,
                    Component.closing(warden),
                    Component.closing(logs),
                    stager);
        } catch (IOException e) {
            throw new ConfigException(List.of("base cannot be used: " + e.getMessage()));
        } catch (WardenException e) {
            throw new ConfigException(List.of("backend does not work here: " + e.getMessage()));
        }
    }

    /** Six letters or digits of the id: part of every name that this stager gives to the kernel. */
    static String owner(String id) {
        var hash = id.hashCode();
        return "s" + HexFormat.of().toHexDigits(hash).substring(3);
    }
}
