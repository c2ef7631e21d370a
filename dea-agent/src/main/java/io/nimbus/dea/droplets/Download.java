package io.nimbus.dea.droplets;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** Fetches a file over HTTP, digesting it as it comes. */
final class Download implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(10);

    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECT)
                    .followRedirects(HttpClient.Redirect.NORMAL)
                    .build();
    private final ScheduledExecutorService watchdog =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("download-watchdog").factory());
    private final Duration inactivity;

    /**
     * @param inactivity a server that sends nothing for so long is given up
     */
    Download(Duration inactivity) {
        this.inactivity = inactivity;
    }

    /**
     * @param address credentials in it are sent as basic authentication
     * @return the sha1 in hex
     * @throws DropletException saying what went wrong, without the address, which may be signed
     */
    String fetch(URI address, Path target) throws DropletException, InterruptedException {
        try {
            var response = http.send(request(address), HttpResponse.BodyHandlers.ofInputStream());
            try (var body = response.body()) {
                if (response.statusCode() != 200) {
                    throw new DropletException(
                            "the droplet's server answered " + response.statusCode());
                }
                return copy(body, target);
            }
        } catch (IOException e) {
            throw new DropletException("the droplet cannot be fetched: " + e.getMessage());
        } catch (IllegalArgumentException e) {
            throw new DropletException("the droplet's address is not one of http");
        }
    }

    private HttpRequest request(URI address) {
        var user = address.getUserInfo();
        var plain = address;
        if (user != null) {
            plain = URI.create(address.toString().replaceFirst("//[^@/]*@", "//"));
        }
        var request = HttpRequest.newBuilder(plain).timeout(inactivity.plus(CONNECT));
        if (user != null) {
            request.header(
                    "Authorization",
                    "Basic "
                            + Base64.getEncoder()
                                    .encodeToString(user.getBytes(StandardCharsets.UTF_8)));
        }
        return request.build();
    }

    private String copy(InputStream body, Path target) throws IOException {
        var last = new AtomicLong(System.nanoTime());
        var givenUp = new AtomicBoolean();
        var period = Math.max(10, inactivity.toMillis() / 4);
        var watch =
                watchdog.scheduleWithFixedDelay(
                        () -> {
                            if (System.nanoTime() - last.get() > inactivity.toNanos()) {
                                givenUp.set(true);
                                closeQuietly(body);
                            }
                        },
                        period,
                        period,
                        TimeUnit.MILLISECONDS);
        try (var out = Files.newOutputStream(target)) {
            var digest = MessageDigest.getInstance("SHA-1");
            var buffer = new byte[64 * 1024];
            for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
                last.set(System.nanoTime());
                digest.update(buffer, 0, n);
                out.write(buffer, 0, n);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            if (givenUp.get()) {
                throw new IOException("nothing came for " + inactivity.toSeconds() + " s", e);
            }
            throw e;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        } finally {
            watch.cancel(false);
        }
    }

    private static void closeQuietly(InputStream body) {
        try {
            body.close();
        } catch (IOException e) {
            // The reader is told by its own exception.
        }
    }

    @Override
    public void close() {
        watchdog.shutdownNow();
        http.shutdownNow();
    }
}
