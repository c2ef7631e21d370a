import io.nimbus.bus.NatsBus;
import io.nimbus.bus.NatsConfig;
import io.nimbus.bus.SystemTimers;
import io.nimbus.servers.NatsServer;
import io.nimbus.servers.TestServers;
import io.nimbus.subjects.RouterRegister;
import io.nimbus.subjects.RouterStart;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/** See {@code measure}, which starts it. */
final class Measure {
    private static final String PASSWORD = "bench";
    private static final Duration REFRESH = Duration.ofSeconds(20);

    private final Path work;
    private final String java;
    private final Path root;
    private final SystemTimers timers = new SystemTimers();
    private final List<Process> processes = new CopyOnWriteArrayList<>();

    private Measure(Path work, String java, Path root) {
        this.work = work;
        this.java = java;
        this.root = root;
    }

    public static void main(String[] arguments) throws Exception {
        int given = arguments.length - 3;
        var measure =
                new Measure(
                        Path.of(arguments[given]),
                        arguments[given + 1],
                        Path.of(arguments[given + 2]));
        int number = given > 1 ? Integer.parseInt(arguments[1]) : 0;
        boolean good = false;
        try {
            good =
                    switch (arguments[0]) {
                        case "routes" -> measure.routes(number == 0 ? 250_000 : number);
                        case "rolling" -> measure.rolling(number == 0 ? 3 : number);
                        case "idle" -> measure.idle(number == 0 ? 100_000 : number);
                        default -> throw new IllegalArgumentException(arguments[0]);
                    };
        } finally {
            measure.processes.forEach(Process::destroyForcibly);
        }
        System.exit(good ? 0 : 1);
    }

    // --- what all of them need

    private NatsServer nats(int port) {
        var all = List.of(">");
        return TestServers.nats(
                work.resolve("nats"),
                port,
                List.of(new NatsServer.User(PASSWORD, PASSWORD, all, all, 100, "1m")));
    }

    private NatsBus bus(NatsServer server, String name) {
        return NatsBus.open(
                new NatsConfig(List.of(server.url()), PASSWORD, PASSWORD, name, "_INBOX."), timers);
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** A router as a process. */
    private final class Router {
        final String name;
        final int port;
        final int status;
        private final Path config;
        Process process;

        Router(String name, NatsServer bus, String... more) throws Exception {
            this.name = name;
            this.port = freePort();
            this.status = freePort();
            this.config = work.resolve(name + ".yml");
            Files.writeString(
                    config,
                    "port: %d\nstart_delay: 1s\nnats: {servers: [\"%s\"], user: %s, password: %s}\n"
                                    .formatted(port, bus.url(), PASSWORD, PASSWORD)
                            + "access_log: {file: %s}\n".formatted(work.resolve(name + "-access.log"))
                            + "status: {port: %d, user: ops, password: %s}\n".formatted(status, PASSWORD)
                            + String.join("\n", more)
                            + "\n");
            start();
        }

        void start() throws Exception {
            var command = new ArrayList<>(List.of(java));
            var options = System.getenv("JAVA_OPTS");
            command.addAll(
                    options == null || options.isBlank()
                            ? List.of("-XX:+UseSerialGC", "-Xmx768m", "-XX:+UseCompactObjectHeaders")
                            : List.of(options.trim().split(" +")));
            command.addAll(
                    List.of("-jar", root.resolve("target/dist/router.jar").toString(), config.toString()));
            process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(
                                    ProcessBuilder.Redirect.appendTo(
                                            work.resolve(name + ".log").toFile()))
                            .start();
            processes.add(process);
        }

        String page(String path) throws Exception {
            var user = ("ops:" + PASSWORD).getBytes(StandardCharsets.UTF_8);
            var request =
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + status + path))
                            .timeout(Duration.ofSeconds(60))
                            .header("Authorization", "Basic " + Base64.getEncoder().encodeToString(user));
            try (var client = HttpClient.newHttpClient()) {
                return client.send(request.build(), HttpResponse.BodyHandlers.ofString()).body();
            }
        }

        void awaitHealth() throws Exception {
            for (int i = 0; i < 600; i++) {
                try {
                    if (page("/health").startsWith("ok")) {
                        return;
                    }
                } catch (IOException e) {
                    // not there yet
                }
                Thread.sleep(100);
            }
            throw new IOException(name + " is not healthy: " + page("/health"));
        }

        double metric(String name) throws Exception {
            return metric(page("/metrics"), name);
        }

        static double metric(String page, String name) {
            double sum = 0;
            for (var line : page.split("\n")) {
                if (line.startsWith(name + " ") || line.startsWith(name + "{")) {
                    sum += Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
                }
            }
            return sum;
        }

        /** The bound of the bucket in which the share lies, in seconds. */
        static double quantile(String before, String after, String histogram, double share) {
            var bound = Pattern.compile(histogram + "_bucket\\{le=\"([^\"]+)\"} ([0-9.E]+)");
            var first = new ArrayList<Double>();
            bound.matcher(before).results().forEach(m -> first.add(Double.parseDouble(m.group(2))));
            var counts = new ArrayList<double[]>();
            bound.matcher(after)
                    .results()
                    .forEach(m ->
                            counts.add(
                                    new double[] {
                                        m.group(1).equals("+Inf")
                                                ? Double.POSITIVE_INFINITY
                                                : Double.parseDouble(m.group(1)),
                                        Double.parseDouble(m.group(2)) - first.get(counts.size())
                                    }));
            double all = counts.isEmpty() ? 0 : counts.get(counts.size() - 1)[1];
            for (var count : counts) {
                if (count[1] >= all * share) {
                    return count[0];
                }
            }
            return Double.NaN;
        }

        double cpuSeconds() {
            return process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e9;
        }

        long residentKb() throws IOException {
            for (var line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
            return 0;
        }

        /** Bytes of the heap in use after a collection. */
        long heap() throws Exception {
            var tool = Path.of(java).resolveSibling("jcmd").toString();
            var pid = String.valueOf(process.pid());
            run(tool, pid, "GC.run");
            long used = 0;
            for (var line : run(tool, pid, "GC.heap_info").split("\n")) {
                var found = Pattern.compile("(?<!meta)(?<!class)space .*used (\\d+)K|generation .*used (\\d+)K")
                        .matcher(line.strip());
                if (line.contains("generation") && found.find()) {
                    used += Long.parseLong(found.group(found.group(1) == null ? 2 : 1)) * 1024;
                }
            }
            return used;
        }
    }

    private static String run(String... command) throws Exception {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return text;
    }

    /** An instance in this process that says who it is told to be. */
    private static final class Instance {
        final ServerSocket server;
        final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
        final String id = UUID.randomUUID().toString();
        volatile boolean gone;

        Instance() throws IOException {
            server = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
            Thread.ofVirtual().start(this::accept);
        }

        private void accept() {
            try {
                while (true) {
                    var socket = server.accept();
                    sockets.add(socket);
                    Thread.ofVirtual().start(() -> serve(socket));
                }
            } catch (IOException e) {
                // closed
            }
        }

        private void serve(Socket socket) {
            try (socket) {
                socket.setTcpNoDelay(true);
                var in = new BufferedInputStream(socket.getInputStream());
                var lines = new ArrayList<String>();
                while (head(in, lines)) {
                    var app = "";
                    for (var line : lines) {
                        if (line.startsWith("X-CF-ApplicationID: ")) {
                            app = line.substring(20);
                        }
                    }
                    if (lines.get(0).contains("slow")) {
                        Thread.sleep(ThreadLocalRandom.current().nextInt(100));
                    }
                    socket.getOutputStream()
                            .write(
                                    ("HTTP/1.1 200 OK\r\nContent-Length: " + app.length() + "\r\n\r\n" + app)
                                            .getBytes(StandardCharsets.US_ASCII));
                }
            } catch (IOException | InterruptedException e) {
                // the router went, or we did
            } finally {
                sockets.remove(socket);
            }
        }

        /** Without a word, as a killed process does. */
        void crash() throws IOException {
            gone = true;
            server.close();
            for (var socket : sockets) {
                socket.close();
            }
        }

        RouterRegister message(String uri, String app) {
            return new RouterRegister(
                    "127.0.0.1",
                    server.getLocalPort(),
                    List.of(uri),
                    app,
                    null,
                    Map.of("component", "dea-0"),
                    id,
                    "0",
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null);
        }
    }

    private static boolean head(InputStream in, List<String> lines) throws IOException {
        lines.clear();
        var line = new StringBuilder();
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b == '\n') {
                if (line.isEmpty()) {
                    return true;
                }
                lines.add(line.toString());
                line.setLength(0);
            } else if (b != '\r') {
                line.append((char) b);
            }
        }
        return false;
    }

    /** A client's connection. */
    private static final class Client implements AutoCloseable {
        private final Socket socket;
        private final InputStream in;
        final List<String> lines = new ArrayList<>();

        Client(int port) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(20_000);
            in = new BufferedInputStream(socket.getInputStream());
        }

        /** The body; null for anything but 200. */
        String get(String host, String target, boolean close) throws IOException {
            socket.getOutputStream()
                    .write(
                            ("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n"
                                            + (close ? "Connection: close\r\n" : "") + "\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
            if (!head(in, lines)) {
                throw new IOException("no answer");
            }
            int length = 0;
            for (var line : lines) {
                if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
                    length = Integer.parseInt(line.substring(15).strip());
                }
            }
            var body = in.readNBytes(length);
            if (body.length < length) {
                throw new IOException("cut off");
            }
            return lines.get(0).startsWith("HTTP/1.1 200")
                    ? new String(body, StandardCharsets.US_ASCII)
                    : null;
        }

        boolean ends() {
            return lines.stream().anyMatch(line -> line.equalsIgnoreCase("connection: close"));
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static void say(String format, Object... values) {
        System.out.println(format.formatted(values));
    }

    // --- many routes

    private static String host(int i) {
        return "app-" + i + ".apps.bench.test";
    }

    private static String app(int i) {
        return new UUID(7, i).toString();
    }

    private boolean routes(int count) throws Exception {
        var server = nats(0);
        var instance = new Instance();
        var bus = bus(server, "registrar");
        var all = new AtomicBoolean();
        var more = new AtomicBoolean();
        // As DEAs do it: steadily, and everybody at once when a router asks.
        bus.subscribe(RouterStart.SUBJECT, start -> all.set(true));
        Thread.ofPlatform()
                .daemon()
                .start(() -> {
                    try {
                        register(bus, instance, count, more, all);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
        var router = new Router("router", server);
        router.awaitHealth();
        Thread.sleep(1000);
        long empty = router.heap();
        long before = System.nanoTime();
        more.set(true);
        all.set(true);
        await(router, count);
        say("table of %,d routes filled in %.1f s", count, since(before));
        double perRoute = (router.heap() - empty) / (double) count;
        double cpu = router.cpuSeconds();
        before = System.nanoTime();
        Thread.sleep(2 * REFRESH.toMillis());
        say(
                "memory: %.0f bytes of heap per route, %,d MB resident;  refresh every %d s: %.1f %% of a core",
                perRoute,
                router.residentKb() / 1024,
                REFRESH.toSeconds(),
                (router.cpuSeconds() - cpu) / since(before) * 100);

        var load = new Load(router.port, count);
        var page = router.page("/metrics");
        Thread.sleep(20_000);
        var later = router.page("/metrics");
        say(
                "under load: %,.0f requests/s, lookup p99 <= %.1f µs, router time p99 <= %.2f ms, wrong answers %d",
                load.rate(),
                Router.quantile(page, later, "route_lookup_time_seconds", 0.99) * 1e6,
                Router.quantile(page, later, "gorouter_time_seconds", 0.99) * 1e3,
                load.wrong.get());

        int port = server.port();
        server.kill();
        Thread.sleep(5000);
        double messages = router.metric("registry_message");
        before = System.nanoTime();
        server = nats(port);
        while (router.metric("registry_message") - messages < count && since(before) < 120) {
            Thread.sleep(200);
        }
        double complete = since(before);
        say(
                "nats-server killed, back after 5 s: every route heard of again %.1f s later; routes %,.0f, pruned %.0f, wrong answers %d",
                complete,
                router.metric("total_routes"),
                router.metric("routes_pruned"),
                load.wrong.get());
        before = System.nanoTime();
        var second = new Router("second", server);
        second.awaitHealth();
        await(second, count);
        double fresh = since(before);
        say("a second router, from its start: complete after %.1f s", fresh);
        load.stop();
        boolean good =
                perRoute <= 512
                        && complete <= 25
                        && fresh <= 25
                        && load.wrong.get() == 0
                        && router.metric("routes_pruned") == 0
                        && router.metric("total_routes") == count;
        say(good ? "as it should be" : "NOT as it should be");
        return good;
    }

    private static double since(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    private static void await(Router router, int count) throws Exception {
        long before = System.nanoTime();
        while (router.metric("total_routes") < count) {
            if (since(before) > 300) {
                throw new IOException("only " + router.metric("total_routes") + " routes");
            }
            Thread.sleep(200);
        }
    }

    private static void register(
            NatsBus bus, Instance instance, int count, AtomicBoolean more, AtomicBoolean all)
            throws InterruptedException {
        int step = Math.max(1, count / 200);
        while (true) {
            for (int i = 0; i < count; i += step) {
                if (!more.get()) {
                    Thread.sleep(100);
                    continue;
                }
                boolean burst = all.getAndSet(false);
                int from = burst ? 0 : i;
                int to = burst ? count : Math.min(count, i + step);
                for (int n = from; n < to; n++) {
                    bus.publish(RouterRegister.REGISTER, instance.message(host(n), app(n)));
                }
                Thread.sleep(REFRESH.toMillis() / 200);
            }
        }
    }

    /** Asks for any of the routes and looks whether the right app answers. */
    private static final class Load {
        final AtomicLong done = new AtomicLong();
        final AtomicLong wrong = new AtomicLong();
        private final long started = System.nanoTime();
        private final AtomicBoolean over = new AtomicBoolean();
        private final List<Thread> threads = new ArrayList<>();

        Load(int port, int count) {
            for (int i = 0; i < 8; i++) {
                threads.add(Thread.ofVirtual().start(() -> ask(port, count)));
            }
        }

        private void ask(int port, int count) {
            try (var client = new Client(port)) {
                while (!over.get()) {
                    int n = ThreadLocalRandom.current().nextInt(count);
                    var body = client.get(host(n), "/", false);
                    if (!app(n).equals(body)) {
                        wrong.incrementAndGet();
                    }
                    done.incrementAndGet();
                }
            } catch (IOException e) {
                System.err.println(e);
                wrong.incrementAndGet();
            }
        }

        double rate() {
            return done.get() / since(started);
        }

        void stop() throws InterruptedException {
            over.set(true);
            for (var thread : threads) {
                thread.join();
            }
        }
    }

    // --- two routers, restarted in turn

    private boolean rolling(int rounds) throws Exception {
        var server = nats(0);
        var bus = bus(server, "registrar");
        var drain = "drain: {delay: 2s, timeout: 30s}";
        var routers = List.of(new Router("one", server, drain), new Router("two", server, drain));
        int address = freePort();
        balancer(address, routers);
        var fleet = new Fleet(bus);
        for (var router : routers) {
            router.awaitHealth();
        }
        Thread.sleep(1500);
        var done = new AtomicLong();
        var failed = new ConcurrentHashMap<String, AtomicLong>();
        var over = new AtomicBoolean();
        var clients = new ArrayList<Thread>();
        for (int i = 0; i < 32; i++) {
            boolean keep = i % 2 == 0;
            var target = i % 4 < 2 ? "/" : "/slow";
            clients.add(
                    Thread.ofVirtual().start(() -> ask(address, keep, target, over, done, failed)));
        }
        fleet.start();
        for (int round = 0; round < rounds; round++) {
            for (var router : routers) {
                Thread.sleep(2000);
                long before = System.nanoTime();
                router.process.destroy();
                if (!router.process.waitFor(60, TimeUnit.SECONDS)) {
                    throw new IOException(router.name + " does not end");
                }
                double drained = since(before);
                int status = router.process.exitValue();
                router.start();
                router.awaitHealth();
                say(
                        "router %s: drained in %.1f s (status %d), back after %.1f s;  requests %,d, failed %s",
                        router.name, drained, status, since(before), done.get(), failed);
            }
        }
        Thread.sleep(3000);
        over.set(true);
        for (var client : clients) {
            client.join();
        }
        fleet.stop();
        say("%,d requests, failed %s; instances: %s", done.get(), failed, fleet.events);
        boolean good = failed.isEmpty() && done.get() > 1000;
        say(good ? "as it should be" : "NOT as it should be");
        return good;
    }

    private static void ask(
            int port,
            boolean keep,
            String target,
            AtomicBoolean over,
            AtomicLong done,
            Map<String, AtomicLong> failed) {
        Client client = null;
        while (!over.get()) {
            try {
                if (client == null) {
                    client = new Client(port);
                }
                var body = client.get("app.test", target, !keep);
                if (body == null) {
                    fail(failed, client.lines.get(0) + " " + error(client.lines));
                } else if (!body.equals(Fleet.APP)) {
                    fail(failed, "wrong app");
                }
                done.incrementAndGet();
                if (!keep || client.ends()) {
                    client.close();
                    client = null;
                }
            } catch (IOException e) {
                fail(failed, String.valueOf(e.getMessage()));
                client = null;
            }
        }
    }

    private static String error(List<String> lines) {
        return lines.stream()
                .filter(line -> line.toLowerCase().startsWith("x-cf-routererror"))
                .findFirst()
                .orElse("");
    }

    private static void fail(Map<String, AtomicLong> failed, String why) {
        failed.computeIfAbsent(why, w -> new AtomicLong()).incrementAndGet();
    }

    private void balancer(int port, List<Router> routers) throws Exception {
        var text =
                new StringBuilder(
                        """
                        global
                          maxconn 4000
                        defaults
                          mode http
                          timeout client 60s
                          timeout server 60s
                          timeout connect 5s
                          option redispatch
                          retries 3
                        frontend f
                          bind 127.0.0.1:%d
                          default_backend b
                        backend b
                          option httpchk
                          http-check send meth GET uri / ver HTTP/1.1 hdr Host any hdr User-Agent HTTP-Monitor/1.1
                          http-check expect status 200
                          default-server inter 200ms fall 2 rise 1
                        """
                                .formatted(port));
        for (var router : routers) {
            text.append("  server %s 127.0.0.1:%d check\n".formatted(router.name, router.port));
        }
        var config = work.resolve("haproxy.conf");
        Files.writeString(config, text);
        processes.add(
                new ProcessBuilder("haproxy", "-f", config.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(work.resolve("haproxy.log").toFile())
                        .start());
    }

    /** Instances of one app that come and go; two of them always are well. */
    private static final class Fleet {
        static final String APP = new UUID(9, 9).toString();
        private static final String URI = "app.test";

        final Map<String, AtomicLong> events = new ConcurrentHashMap<>();
        private final NatsBus bus;
        private final List<Instance> instances = new CopyOnWriteArrayList<>();
        private final AtomicBoolean over = new AtomicBoolean();
        private Thread thread;

        Fleet(NatsBus bus) throws IOException {
            this.bus = bus;
            bus.subscribe(RouterStart.SUBJECT, start -> registerAll());
            for (int i = 0; i < 3; i++) {
                add();
            }
        }

        private void registerAll() {
            for (var instance : instances) {
                if (!instance.gone) {
                    bus.publish(RouterRegister.REGISTER, instance.message(URI, APP));
                }
            }
        }

        private void add() throws IOException {
            var instance = new Instance();
            instances.add(instance);
            bus.publish(RouterRegister.REGISTER, instance.message(URI, APP));
        }

        /** In good order: first the word, then the time that a DEA leaves, then the end. */
        private void leave(Instance instance) throws InterruptedException, IOException {
            instances.remove(instance);
            bus.publish(RouterRegister.UNREGISTER, instance.message(URI, APP));
            Thread.sleep(2000);
            instance.crash();
        }

        void start() {
            thread = Thread.ofVirtual().start(this::live);
        }

        private void live() {
            try {
                while (!over.get()) {
                    Thread.sleep(500);
                    int event = ThreadLocalRandom.current().nextInt(4);
                    var one = instances.get(0);
                    switch (event) {
                        case 0 -> {
                            count("scaled up");
                            add();
                        }
                        case 1 -> {
                            if (instances.size() > 2) {
                                count("scaled down");
                                leave(one);
                            }
                        }
                        case 2 -> {
                            if (instances.size() > 2) {
                                count("crashed");
                                instances.remove(one);
                                one.crash();
                            }
                        }
                        default -> {
                            count("moved");
                            add();
                            Thread.sleep(200);
                            leave(one);
                        }
                    }
                    while (instances.size() < 3) {
                        add();
                    }
                    registerAll();
                }
            } catch (InterruptedException | IOException e) {
                System.err.println(e);
            }
        }

        private void count(String event) {
            events.computeIfAbsent(event, e -> new AtomicLong()).incrementAndGet();
        }

        void stop() throws InterruptedException {
            over.set(true);
            thread.join();
        }
    }

    // --- idle connections

    private boolean idle(int count) throws Exception {
        var server = nats(0);
        var instance = new Instance();
        var bus = bus(server, "registrar");
        bus.subscribe(
                RouterStart.SUBJECT,
                start -> bus.publish(RouterRegister.REGISTER, instance.message(host(0), app(0))));
        var router = new Router("router", server);
        router.awaitHealth();
        Thread.sleep(1500);
        long before = router.residentKb();
        var idle = new ArrayList<SocketChannel>();
        String refused = "";
        for (int i = 0; i < count && refused.isEmpty(); i++) {
            try {
                // A source address has about 28,000 ports: several of loopback's.
                var channel = SocketChannel.open();
                channel.bind(new InetSocketAddress("127.0.0." + (2 + i / 20_000), 0));
                channel.connect(new InetSocketAddress("127.0.0.1", router.port));
                idle.add(channel);
            } catch (IOException e) {
                refused = e.getMessage();
            }
        }
        Thread.sleep(3000);
        say(
                "%,d idle connections %s; router: clients %,.0f, descriptors %,.0f, resident %,d MB (%.1f KB each)",
                idle.size(),
                refused.isEmpty() ? "" : "(then: " + refused + ")",
                router.metric("clients"),
                router.metric("file_descriptors"),
                router.residentKb() / 1024,
                (router.residentKb() - before) / (double) Math.max(1, idle.size()));
        int wrong = 0;
        var times = new long[2000];
        for (int i = 0; i < times.length; i++) {
            long start = System.nanoTime();
            try (var client = new Client(router.port)) {
                if (!app(0).equals(client.get(host(0), "/", true))) {
                    wrong++;
                }
            } catch (IOException e) {
                wrong++;
            }
            times[i] = System.nanoTime() - start;
        }
        Arrays.sort(times);
        say(
                "meanwhile %d requests on new connections: failed %d, p50 %.2f ms, p99 %.2f ms",
                times.length, wrong, times[1000] / 1e6, times[1980] / 1e6);
        // One in a hundred wakes up.
        int lost = 0;
        for (int i = 0; i < idle.size(); i += 100) {
            var request = "GET / HTTP/1.1\r\nHost: " + host(0) + "\r\nConnection: close\r\n\r\n";
            idle.get(i).write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
            var answer = ByteBuffer.allocate(12);
            while (answer.hasRemaining() && idle.get(i).read(answer) >= 0) {
                continue;
            }
            if (!new String(answer.array(), StandardCharsets.US_ASCII).equals("HTTP/1.1 200")) {
                lost++;
            }
        }
        say("of those that idled, %d of %d are lost", lost, (idle.size() + 99) / 100);
        boolean good = wrong == 0 && lost == 0 && router.process.isAlive();
        say(good ? "as it should be" : "NOT as it should be");
        return good;
    }
}
