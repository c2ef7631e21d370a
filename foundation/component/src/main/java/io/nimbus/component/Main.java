package io.nimbus.component;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * What every {@code *Main} does: read the configuration it was given, assemble, run until SIGTERM
 * or SIGINT, stop in reverse. A faulty configuration ends the process with status 2 and a line per
 * fault.
 */
public final class Main {
    private static final Logger log = LoggerFactory.getLogger(Main.class);

    private Main() {}

    /** Makes the whole process of its configuration. */
    public interface Assembly {
        Component assemble(Config config) throws ConfigException;
    }

    /**
     * Runs a process to its end.
     *
     * @param process as in {@code <process>.jar}; also the environment's prefix, see {@link
     *     Config#read}
     */
    public static void run(String process, String[] arguments, Assembly assembly) {
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, e) -> log.error("{} ended by an exception", thread, e));
        if (arguments.length != 1) {
            System.err.println("usage: java -jar " + process + ".jar CONFIG.yml");
            System.exit(2);
            return;
        }
        Component component;
        try {
            component =
                    assembly.assemble(Config.read(Path.of(arguments[0]), process, System.getenv()));
        } catch (ConfigException e) {
            e.faults().forEach(fault -> System.err.println(process + ": " + fault));
            System.exit(2);
            return;
        } catch (RuntimeException | Error e) {
            // Threads that run already would keep the process alive, and dead.
            log.error("{} cannot be put together: {}", process, e.getMessage(), e);
            System.exit(1);
            return;
        }
        run(process, component);
    }

    private static void run(String process, Component component) {
        var stop = new CountDownLatch(1);
        var stopped = new CountDownLatch(1);
        // The JVM ends when its hooks have: wait there until everything is closed.
        Runtime.getRuntime()
                .addShutdownHook(
                        Thread.ofPlatform()
                                .name("shutdown")
                                .unstarted(() -> {
                                    stop.countDown();
                                    try {
                                        stopped.await();
                                    } catch (InterruptedException e) {
                                        Thread.currentThread().interrupt();
                                    }
                                }));
        try {
            component.start();
            log.info("{} is up", process);
            stop.await();
            log.info("{} stops", process);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            log.error("{} cannot start: {}", process, e.getMessage(), e);
            stopped.countDown();
            System.exit(1);
            return;
        } finally {
            component.close();
            stopped.countDown();
        }
    }
}
