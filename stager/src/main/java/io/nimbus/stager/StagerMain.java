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
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stager process: {@code java -jar stager.jar stager.yml}. {@code java -jar stager.jar --purge
 * stager.yml} takes away everything of a stager that does not run, what the host's kernel holds
 * included.
 */
public final class StagerMain {
    private static final Logger log = LoggerFactory.getLogger(StagerMain.class);

    private static final String PROCESS = "stager";

    private StagerMain() {}

    public static void main(String[] arguments) {
        if (arguments.length == 2 && arguments[0].equals("--purge")) {
            System.exit(purge(Path.of(arguments[1])));
        }
        Main.run(PROCESS, arguments, StagerMain::assemble);
    }

    static Component assemble(Config source) throws ConfigException {
        var config = source.complete(StagerConfig.read(source));
        var timers = new SystemTimers();
        var bus = NatsBus.open(config.nats(), timers);
        var health = new Health();
        var status = new StatusServer("Stager", config.status(), health, bus, timers);
        try {
            var id = Stager.id(config, UUID::randomUUID);
            var warden = Wardens.open(options(config, id), timers);
            log.info("containers by {}", warden.capabilities().backend());
            var warnings = warden.capabilities().warnings();
            if (!warnings.isEmpty()) {
                log.warn("{}", String.join("; ", warnings));
            }
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

    /** Where containers live and what they are called in the kernel. */
    private static WardenOptions options(StagerConfig config, String id) throws IOException {
        return new WardenOptions(
                StagingTask.passable(config.base()).resolve("depot"),
                owner(id, config.base()),
                config.backend(),
                config.stacks(),
                config.network(),
                10L << 20);
    }

    private static int purge(Path file) {
        try {
            var source = Config.read(file, PROCESS, System.getenv());
            purge(source.complete(StagerConfig.read(source)));
            return 0;
        } catch (ConfigException e) {
            e.faults().forEach(fault -> System.err.println(PROCESS + ": " + fault));
            return 2;
        } catch (IOException | WardenException e) {
            System.err.println(PROCESS + ": " + e.getMessage());
            return 1;
        }
    }

    static void purge(StagerConfig config) throws IOException, WardenException {
        Wardens.purge(options(config, Stager.id(config, UUID::randomUUID)), InstantSource.system());
    }

    /**
     * Six letters or digits, part of every name that this stager gives to the kernel. The same id
     * with another folder is another owner.
     */
    private static String owner(String id, Path base) {
        var hash = (id + "\n" + base.toAbsolutePath()).hashCode();
        return "s" + HexFormat.of().toHexDigits(hash).substring(3);
    }
}
