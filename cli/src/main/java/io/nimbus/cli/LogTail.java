package io.nimbus.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/** An app's log lines, from the log cache. */
final class LogTail {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSZ");
    private static final int PAGE = 1000;

    private final Api api;
    private final String app;

    LogTail(Api api, String app) {
        this.api = api;
        this.app = app;
    }

    /**
     * @param time nanoseconds since the epoch
     */
    record Line(long time, String source, String instance, boolean error, String text) {
        /** As cf prints it. */
        String shown() {
            var at =
                    Instant.ofEpochSecond(
                            Math.floorDiv(time, 1_000_000_000L),
                            Math.floorMod(time, 1_000_000_000L));
            return "   "
                    + TIME.format(at.atZone(ZoneId.systemDefault()))
                    + " ["
                    + source
                    + "/"
                    + instance
                    + "] "
                    + (error ? "ERR " : "OUT ")
                    + text;
        }
    }

    /** The newest lines that are kept, oldest first. */
    List<Line> recent() throws Failure, IOException, InterruptedException {
        var lines = new ArrayList<>(read("descending=true&limit=" + PAGE));
        Collections.reverse(lines);
        return lines;
    }

    /** Hands over lines as they come, those after {@code from} first, until told to stop. */
    void follow(Instant from, BooleanSupplier going, Consumer<Line> lines)
            throws Failure, IOException, InterruptedException {
        var next =
                Math.addExact(
                        Math.multiplyExact(from.getEpochSecond(), 1_000_000_000L), from.getNano());
        while (going.getAsBoolean()) {
            var batch = read("limit=" + PAGE + "&start_time=" + next);
            for (var line : batch) {
                lines.accept(line);
                next = line.time() + 1;
            }
            if (batch.isEmpty()) {
                Thread.sleep(Duration.ofMillis(200)); // the server holds an empty read open too
            }
        }
    }

    private List<Line> read(String query) throws Failure, IOException, InterruptedException {
        var answer =
                Api.json(
                        api.authorized(
                                builder -> builder.GET(),
                                api.target().logs()
                                        + "/api/v1/read/"
                                        + app
                                        + "?envelope_types=LOG&"
                                        + query));
        var lines = new ArrayList<Line>();
        for (var envelope : answer.path("envelopes").path("batch")) {
            var log = envelope.path("log");
            if (log.isMissingNode()) {
                continue;
            }
            var text =
                    new String(Base64.getDecoder().decode(log.path("payload").asString("")), UTF_8);
            for (var part : text.stripTrailing().split("\r?\n", -1)) {
                lines.add(line(envelope, log, part));
            }
        }
        return lines;
    }

    private static Line line(JsonNode envelope, JsonNode log, String text) {
        return new Line(
                Long.parseLong(envelope.path("timestamp").asString("0")),
                envelope.path("tags").path("source_type").asString("?"),
                envelope.path("instance_id").asString("0"),
                log.path("type").asString("OUT").equals("ERR"),
                text);
    }
}
