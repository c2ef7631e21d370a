package io.nimbus.stager;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Files to and from the controller, over HTTP, streamed. Addresses carry credentials: they are
 * never logged and never part of a message.
 */
final class Transfers {
    private static final Logger log = LoggerFactory.getLogger(Transfers.class);
    private static final Duration IDLE = Duration.ofSeconds(30);
    private static final Duration WHOLE = Duration.ofMinutes(15);
    private static final Duration JOB = Duration.ofMinutes(5);

    private final HttpClient http;

    Transfers() {
        http =
                HttpClient.newBuilder()
                        .connectTimeout(Duration.ofSeconds(5))
                        .followRedirects(HttpClient.Redirect.NORMAL)
                        .version(HttpClient.Version.HTTP_1_1)
                        .build();
    }

    /** An answer that is not the wanted one. */
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1;
        private final int status;

        Refused(String what, int status) {
            super(what + " failed - status " + status);
            this.status = status;
        }

        int status() {
            return status;
        }
    }

    /**
     * Downloads into a file, which is there only when it is complete.
     *
     * @param what for messages, instead of the address
     * @throws IOException also when nothing arrives for 30 s
     */
    void download(String url, Path target, String what) throws IOException, InterruptedException {
        var temporary = target.resolveSibling(target.getFileName() + ".part");
        try {
            var response =
                    http.send(
                            request(url).timeout(IDLE).GET().build(),
                            HttpResponse.BodyHandlers.ofInputStream());
            try (var body = response.body()) {
                if (response.statusCode() != 200) {
                    throw new Refused("Download of the " + what, response.statusCode());
                }
                receive(body, temporary, what);
            }
            Files.move(
                    temporary,
                    target,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** Copies on a thread of its own, so that a sender that falls silent can be noticed. */
    private static void receive(InputStream body, Path target, String what)
            throws IOException, InterruptedException {
        var progress = new AtomicLong(System.nanoTime());
        var fault = new Throwable[1];
        var copying =
                Thread.ofVirtual()
                        .name("download")
                        .start(() -> {
                            try (var out = Files.newOutputStream(target)) {
                                var buffer = new byte[1 << 16];
                                for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
                                    out.write(buffer, 0, n);
                                    progress.set(System.nanoTime());
                                }
                            } catch (IOException | RuntimeException e) {
                                fault[0] = e;
                            }
                        });
        while (!copying.join(Duration.ofMillis(500))) {
            if (System.nanoTime() - progress.get() > IDLE.toNanos()) {
                body.close();
                copying.join();
                throw new IOException(
                        "nothing of the " + what + " arrived for " + IDLE.toSeconds() + " s");
            }
        }
        if (fault[0] != null) {
            throw new IOException("the download of the " + what + " broke off", fault[0]);
        }
    }

    /**
     * Uploads a file as multipart part {@code upload[droplet]} with its MD5, and waits for the job
     * when the answer is one.
     */
    void upload(String url, Path file, String name, String what)
            throws IOException, InterruptedException {
        var boundary =
                "nimbus-" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        var head =
                ("--"
                                + boundary
                                + "\r\nContent-Disposition: form-data; name=\"upload[droplet]\"; filename=\""
                                + name
                                + "\"\r\nContent-Type: application/octet-stream\r\n\r\n")
                        .getBytes(UTF_8);
        var tail = ("\r\n--" + boundary + "--\r\n").getBytes(UTF_8);
        var body =
                HttpRequest.BodyPublishers.concat(
                        HttpRequest.BodyPublishers.ofByteArray(head),
                        HttpRequest.BodyPublishers.ofFile(file),
                        HttpRequest.BodyPublishers.ofByteArray(tail));
        var response =
                http.send(
                        request(url)
                                .timeout(WHOLE)
                                .header("Content-Type", "multipart/form-data; boundary=" + boundary)
                                .header("Content-MD5", md5(file))
                                .POST(body)
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() >= 300) {
            throw new Refused("Upload of the " + what, response.statusCode());
        }
        if (!response.body().isBlank()) {
            awaitJob(response.body(), url, what);
        }
    }

    private void awaitJob(String first, String url, String what)
            throws IOException, InterruptedException {
        var deadline = System.nanoTime() + JOB.toNanos();
        var body = first;
        while (true) {
            String status;
            String address;
            try {
                var job = JsonMapper.shared().readTree(body);
                status = job.path("entity").path("status").asString("");
                address = job.path("metadata").path("url").asString("");
            } catch (JacksonException e) {
                throw new IOException(
                        "the answer to the upload of the " + what + " is not JSON", e);
            }
            if (status.equals("finished") || address.isEmpty()) {
                return;
            }
            if (status.equals("failed")) {
                throw new IOException("Staging upload failed.");
            }
            if (System.nanoTime() > deadline) {
                throw new IOException("Job took too long");
            }
            Thread.sleep(1000);
            var next = URI.create(url).resolve(address).toString();
            var response =
                    http.send(
                            request(next).timeout(IDLE).GET().build(),
                            HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() >= 300) {
                throw new Refused("Upload of the " + what, response.statusCode());
            }
            body = response.body();
        }
    }

    /**
     * POSTs a JSON body until it is taken: for results that must not die with the controller that
     * asked.
     *
     * @return whether it was taken; false when the receiver says that it never will be
     */
    boolean deliver(String url, String json, Duration patience) throws InterruptedException {
        var deadline = System.nanoTime() + patience.toNanos();
        for (long wait = 250; ; wait = Math.min(wait * 2, 10_000)) {
            try {
                var response =
                        http.send(
                                request(url)
                                        .timeout(IDLE)
                                        .header("Content-Type", "application/json")
                                        .POST(HttpRequest.BodyPublishers.ofString(json))
                                        .build(),
                                HttpResponse.BodyHandlers.discarding());
                if (response.statusCode() < 300) {
                    return true;
                }
                // 4xx: another task has taken this one's place, or the app is gone.
                if (response.statusCode() < 500
                        && response.statusCode() != 404
                        && response.statusCode() != 429) {
                    log.info("a staging result was refused with {}", response.statusCode());
                    return false;
                }
            } catch (IOException e) {
                log.debug("a staging result could not be delivered yet", e);
            }
            if (System.nanoTime() > deadline) {
                return false;
            }
            Thread.sleep(wait);
        }
    }

    /** Credentials in the address become a header: the client does not take them from there. */
    private static HttpRequest.Builder request(String url) {
        var uri = URI.create(url);
        var user = uri.getRawUserInfo();
        if (user == null) {
            return HttpRequest.newBuilder(uri);
        }
        var plain = URI.create(url.replaceFirst("//[^/@]*@", "//"));
        return HttpRequest.newBuilder(plain)
                .header(
                        "Authorization",
                        "Basic "
                                + Base64.getEncoder()
                                        .encodeToString(
                                                java.net.URLDecoder.decode(
                                                                user.replace("+", "%2B"), UTF_8)
                                                        .getBytes(UTF_8)));
    }

    private static String md5(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            var digest = MessageDigest.getInstance("MD5");
            var buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
            return Base64.getEncoder().encodeToString(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** For people: {@code 1.4M}. */
    static String size(Path file) throws IOException {
        double size = Files.size(file);
        for (var unit : List.of("B", "K", "M")) {
            if (size < 1024) {
                return unit.equals("B")
                        ? (long) size + "B"
                        : String.format(java.util.Locale.ROOT, "%.1f%s", size, unit);
            }
            size /= 1024;
        }
        return String.format(java.util.Locale.ROOT, "%.1fG", size);
    }
}
