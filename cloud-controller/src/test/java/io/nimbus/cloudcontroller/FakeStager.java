package io.nimbus.cloudcontroller;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nimbus.bus.LogEmitter;
import io.nimbus.bus.MessageBus;
import io.nimbus.bus.Timers;
import io.nimbus.cloudcontroller.rest.Json;
import io.nimbus.subjects.Logs;
import io.nimbus.subjects.Poke;
import io.nimbus.subjects.StagingAdvertise;
import io.nimbus.subjects.StagingReply;
import io.nimbus.subjects.StagingStart;
import io.nimbus.subjects.StagingStop;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Takes staging requests like a stager and does what the test wants of them; nothing is really
 * staged.
 */
final class FakeStager {
    enum Way {
        /** Droplet up, both replies. */
        SUCCEED,
        /** Accepted, then failed. */
        FAIL,
        /** Refused at once. */
        REFUSE,
        /** Accepted; then nothing. */
        VANISH,
        /** Not even accepted. */
        SILENT,
        /** The result comes by HTTP only. */
        BY_HTTP
    }

    final List<StagingStart> requests = new CopyOnWriteArrayList<>();
    final List<String> stopped = new CopyOnWriteArrayList<>();
    final List<String> completions = new CopyOnWriteArrayList<>();
    volatile Way way = Way.SUCCEED;
    volatile String command = "run";

    private final String id;
    private final MessageBus bus;
    private final LogEmitter logs;
    private final HttpClient http = HttpClient.newHttpClient();

    FakeStager(String id, MessageBus bus, Timers timers) {
        this.id = id;
        this.bus = bus;
        this.logs = new LogEmitter(bus, timers);
        bus.answer(StagingStart.to(id), this::stage);
        bus.subscribe(StagingStop.SUBJECT, stop -> stopped.add(stop.app()));
        bus.subscribe(StagingAdvertise.LOCATE, poke -> advertise());
        timers.every(Duration.ofSeconds(1), this::advertise);
        advertise();
    }

    void advertise() {
        bus.publish(
                StagingAdvertise.SUBJECT,
                new StagingAdvertise(id, List.of("cflinuxfs4"), 8192, 65536));
        var _ = Poke.POKE;
    }

    private void stage(StagingStart request, MessageBus.Replier<StagingReply> replier) {
        requests.add(request);
        Thread.ofVirtual()
                .start(() -> {
                    try {
                        work(request, replier);
                    } catch (IOException | InterruptedException e) {
                        replier.reply(
                                StagingReply.failed(
                                        request.task(),
                                        request.app(),
                                        "StagingError",
                                        String.valueOf(e)));
                    }
                });
    }

    private void work(StagingStart request, MessageBus.Replier<StagingReply> replier)
            throws IOException, InterruptedException {
        switch (way) {
            case REFUSE -> {
                replier.reply(
                        StagingReply.failed(
                                request.task(), request.app(), "StagingError", "no room"));
                return;
            }
            case SILENT -> {
                return;
            }
            default -> replier.reply(StagingReply.accepted(request.task(), null));
        }
        if (way == Way.VANISH) {
            return;
        }
        logs.out(request.app(), Logs.STAGING, "0", "-----> Staging with the fake stager");
        if (way == Way.FAIL) {
            replier.reply(
                    StagingReply.failed(
                            request.task(),
                            request.app(),
                            "BuildpackCompileFailed",
                            "the compiler is on strike"));
            return;
        }
        var zip = send(request.packageUrl(), null, null);
        if (zip.statusCode() != 200) {
            throw new IOException("the package: " + zip.statusCode());
        }
        upload(request.dropletUploadUrl(), "droplet of " + request.task());
        upload(request.cacheUploadUrl(), "cache of " + request.task());
        var key = request.buildpacks().isEmpty() ? null : request.buildpacks().getFirst().key();
        var done =
                new StagingReply(
                        request.task(),
                        null,
                        "fake",
                        key,
                        null,
                        command,
                        Map.of("web", command),
                        request.app(),
                        null,
                        null);
        if (way == Way.SUCCEED) {
            replier.reply(done);
        }
        var url = request.completionUrl();
        if (url != null) {
            complete(url, done);
        }
    }

    int complete(String url, StagingReply reply) throws IOException, InterruptedException {
        var response = send(url, "application/json", BodyPublishers.ofString(Json.write(reply)));
        completions.add(response.statusCode() + " " + new String(response.body(), UTF_8));
        return response.statusCode();
    }

    private void upload(String url, String content) throws IOException, InterruptedException {
        var boundary = "x-y-z";
        var body =
                "--"
                        + boundary
                        + "\r\n"
                        + "Content-Disposition: form-data; name=\"upload[droplet]\"; filename=\"droplet.tgz\"\r\n"
                        + "Content-Type: application/octet-stream\r\n\r\n"
                        + content
                        + "\r\n--"
                        + boundary
                        + "--\r\n";
        var response =
                send(
                        url,
                        "multipart/form-data; boundary=" + boundary,
                        BodyPublishers.ofString(body));
        if (response.statusCode() != 200) {
            throw new IOException(
                    "the upload: "
                            + response.statusCode()
                            + " "
                            + new String(response.body(), UTF_8));
        }
    }

    /** With the user and password that stand in the address. */
    HttpResponse<byte[]> send(
            String url, @Nullable String type, HttpRequest.@Nullable BodyPublisher body)
            throws IOException, InterruptedException {
        var uri = URI.create(url);
        var plain = URI.create(url.replace(uri.getRawUserInfo() + "@", ""));
        var request =
                HttpRequest.newBuilder(plain)
                        .header(
                                "Authorization",
                                "Basic "
                                        + Base64.getEncoder()
                                                .encodeToString(uri.getUserInfo().getBytes(UTF_8)));
        if (type != null && body != null) {
            request.header("Content-Type", type).POST(body);
        }
        return http.send(request.build(), BodyHandlers.ofByteArray());
    }
}
