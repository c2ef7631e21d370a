package io.nimbus.launcher;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** {@code nimbus status}: each process with its pid, health, uptime, restarts and memory. */
final class StatusCommand {
    private final State state;
    private final PrintStream out;

    StatusCommand(State state, PrintStream out) {
        this.state = state;
        this.out = out;
    }

    /**
     * @return 0 when all is well, 1 when something is not, 3 when nothing runs: as an init script
     *     would say
     */
    int run(List<Service> services) {
        var supervised = state.isSupervised();
        out.printf(
                "%-18s %8s  %-28s %10s %9s %8s%n",
                "process", "pid", "health", "uptime", "restarts", "memory");
        var running = 0;
        var well = 0;
        for (var service : services) {
            var record = ProcessRecord.read(state, service.name());
            var process = record.flatMap(ProcessRecord::running).or(service::find);
            if (process.isEmpty()) {
                var waiting =
                        record.filter(r -> supervised && r.pid() == null)
                                .map(r ->
                                        "down, again within "
                                                + Duration.ofMillis(r.waitMs()).toMillis()
                                                + " ms"
                                                + (r.fault() == null ? "" : ": " + r.fault()))
                                .orElse("down");
                row(
                        service.name(),
                        "-",
                        waiting,
                        "-",
                        record.map(ProcessRecord::restarts).orElse(0),
                        "-");
                continue;
            }
            running++;
            var fault = service.fault();
            well += fault.isEmpty() ? 1 : 0;
            row(
                    service.name(),
                    String.valueOf(process.get().pid()),
                    fault.orElse("ok"),
                    text(process.get().age()),
                    record.map(ProcessRecord::restarts).orElse(0),
                    String.format(Locale.ROOT, "%d MB", process.get().resident() >> 20));
        }
        if (!supervised) {
            out.println(
                    running == 0
                            ? "The platform does not run; `nimbus up` starts it."
                            : "The supervisor does not run: nothing is restarted. `nimbus up` starts it again.");
        }
        return running == 0 ? 3 : supervised && well == services.size() ? 0 : 1;
    }

    private void row(
            String name, String pid, String health, String uptime, int restarts, String memory) {
        out.printf("%-18s %8s  %-28s %10s %9d %8s%n", name, pid, health, uptime, restarts, memory);
    }

    private static String text(Duration age) {
        if (age.toDays() > 0) {
            return age.toDays() + "d " + age.toHoursPart() + "h";
        }
        if (age.toHours() > 0) {
            return age.toHours() + "h " + age.toMinutesPart() + "m";
        }
        return age.toMinutes() > 0
                ? age.toMinutes() + "m " + age.toSecondsPart() + "s"
                : age.toSeconds() + "s";
    }
}
