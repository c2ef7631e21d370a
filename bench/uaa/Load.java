import io.nimbus.servers.PostgresServer;
import io.nimbus.servers.TestServers;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/**
 * A PostgreSQL (durable settings off), two uaa processes of the distribution on it, and clients:
 * {@code java Load.java ROOT SECONDS CLIENTS HASH_COST}.
 */
final class Load {
    private static final Pattern LISTENING = Pattern.compile("listening on 127\\.0\\.0\\.1:(\\d+)");
    private static final int RETRIES = 40;
    private static HttpClient http;
    private static Path root;
    private static Path folder;

    private record Replica(Process process, String url) {}

    /** What a phase did. */
    private record Result(List<Long> micros, int failed, int retried, double seconds) {
        String line(String name) {
            var sorted = micros.stream().mapToLong(Long::longValue).sorted().toArray();
            return "%-34s %6d ok %3d failed %4d retried %8.1f /s   p50 %7.1f ms  p99 %7.1f ms"
                    .formatted(
                            name,
                            sorted.length,
                            failed,
                            retried,
                            sorted.length / seconds,
                            at(sorted, 0.5),
                            at(sorted, 0.99));
        }

        private static double at(long[] sorted, double part) {
            return sorted.length == 0
                    ? Double.NaN
                    : sorted[(int) Math.min(sorted.length - 1, sorted.length * part)] / 1000.0;
        }
    }

    private interface Call {
        /** Whether the answer was the right one. */
        boolean ok(String url) throws IOException, InterruptedException;
    }

    public static void main(String[] arguments) throws Exception {
        root = Path.of(arguments[0]);
        var seconds = Integer.parseInt(arguments[1]);
        var clients = Integer.parseInt(arguments[2]);
        var cost = Integer.parseInt(arguments[3]);
        http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
        folder = TestServers.folder("uaa-bench");
        var postgres = TestServers.postgres();
        var replicas = new ArrayList<Replica>();
        try {
            replicas.add(start(postgres, "one", cost));
            var one = List.of(replicas.getFirst().url());
            System.out.printf(
                    "bcrypt cost %d, %d clients, %d s a phase, %d processors%n",
                    cost, clients, seconds, Runtime.getRuntime().availableProcessors());
            Call login = Load::login;
            run(one, clients, seconds, login); // the virtual machine warms up
            System.out.println(run(one, clients, seconds, login).line("password grants, one replica"));
            var token = token(one.getFirst());
            Call check = url -> check(url, token);
            run(one, clients, seconds, check);
            System.out.println(run(one, clients, seconds, check).line("check_token, one replica"));
            replicas.add(start(postgres, "two", cost));
            var both = replicas.stream().map(Replica::url).toList();
            run(both, clients, seconds, login);
            System.out.println(run(both, clients, seconds, login).line("password grants, two replicas"));
            var victim = replicas.getFirst().process();
            var killer =
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    Thread.sleep(Duration.ofSeconds(seconds).dividedBy(2));
                                    victim.destroyForcibly();
                                } catch (InterruptedException e) {
                                    Thread.currentThread().interrupt();
                                }
                            });
            var killed = run(both, clients, seconds, login);
            killer.join();
            System.out.println(killed.line("password grants, one killed midway"));
            System.out.println(
                    killed.failed() == 0 && !victim.isAlive() ? "no log-in was lost" : "LOG-INS WERE LOST");
            System.exit(killed.failed() == 0 ? 0 : 1);
        } finally {
            replicas.forEach(r -> r.process().destroyForcibly());
            postgres.kill();
        }
    }

    private static Replica start(PostgresServer postgres, String name, int cost) throws Exception {
        var config = folder.resolve(name + ".yml");
        var output = folder.resolve(name + ".log");
        Files.writeString(
                config,
                """
                port: 0
                issuer: http://bench/oauth/token
                secrets_file: %s
                nats: {servers: "nats://127.0.0.1:1", password: unused}
                database: {url: "%s", user: %s, password: %s}
                passwords: {hash_cost: %d}
                rate_limits: {address_per_second: 0, client_per_second: 0}
                admin: {password: bench}
                clients: [{id: doppler, secret: bench}]
                """
                        .formatted(
                                folder.resolve("secrets.yml"),
                                postgres.jdbcUrl("postgres"),
                                PostgresServer.USER,
                                TestServers.PASSWORD,
                                cost));
        var process =
                new ProcessBuilder(
                                ProcessHandle.current().info().command().orElse("java"),
                                "-jar",
                                root.resolve("target/dist/uaa.jar").toString(),
                                config.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        var deadline = System.nanoTime() + Duration.ofSeconds(120).toNanos();
        while (System.nanoTime() < deadline) {
            var listening = LISTENING.matcher(Files.readString(output));
            if (listening.find()) {
                var url = "http://127.0.0.1:" + listening.group(1);
                if (login(url)) {
                    return new Replica(process, url);
                }
            }
            Thread.sleep(100);
        }
        throw new IllegalStateException("uaa does not come up: " + output);
    }

    private static Result run(List<String> urls, int clients, int seconds, Call call)
            throws InterruptedException {
        var micros = new ConcurrentLinkedQueue<Long>();
        var failed = new AtomicInteger();
        var retried = new AtomicInteger();
        var begin = System.nanoTime();
        var end = begin + Duration.ofSeconds(seconds).toNanos();
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < clients; i++) {
                var first = i;
                pool.submit(() -> {
                    for (int n = first; System.nanoTime() < end; n++) {
                        var from = System.nanoTime();
                        if (succeeds(urls, n, call, retried)) {
                            micros.add((System.nanoTime() - from) / 1000);
                        } else {
                            failed.incrementAndGet();
                        }
                    }
                    return null;
                });
            }
        }
        return new Result(
                List.copyOf(micros), failed.get(), retried.get(), (System.nanoTime() - begin) / 1e9);
    }

    /** As a client behind a router that tries the next replica. */
    private static boolean succeeds(List<String> urls, int n, Call call, AtomicInteger retried)
            throws InterruptedException {
        for (int attempt = 0; attempt < RETRIES; attempt++) {
            try {
                if (call.ok(urls.get(Math.floorMod(n + attempt, urls.size())))) {
                    return true;
                }
            } catch (IOException e) {
                Thread.sleep(20);
            }
            retried.incrementAndGet();
        }
        return false;
    }

    private static boolean login(String url) throws IOException, InterruptedException {
        return post(url, "cf", "", "/oauth/token", "grant_type=password&username=admin&password=bench")
                        .statusCode()
                == 200;
    }

    private static String token(String url) throws IOException, InterruptedException {
        var body =
                post(url, "cf", "", "/oauth/token", "grant_type=password&username=admin&password=bench")
                        .body();
        return Arrays.stream(body.split("\""))
                .filter(part -> part.startsWith("eyJ"))
                .findFirst()
                .orElseThrow();
    }

    private static boolean check(String url, String token) throws IOException, InterruptedException {
        return post(url, "doppler", "bench", "/check_token", "token=" + token).statusCode() == 200;
    }

    private static HttpResponse<String> post(
            String url, String client, String secret, String path, String form)
            throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create(url + path))
                        .timeout(Duration.ofSeconds(30))
                        .header("Accept", "application/json")
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .header(
                                "Authorization",
                                "Basic "
                                        + Base64.getEncoder()
                                                .encodeToString((client + ":" + secret).getBytes()))
                        .POST(HttpRequest.BodyPublishers.ofString(form))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
