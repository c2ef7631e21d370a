package io.nimbus.uaa;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The browser of the machine, without a window, with one page, driven by its DevTools protocol:
 * keys go through the same paths as a person's, and what is read is what a screen reader is told.
 */
final class Chromium implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final List<String> BINARIES =
            List.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome");

    private final Process process;
    private final Path profile;
    private final HttpClient http = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> pending = new ConcurrentHashMap<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();

    /** Where the machine has one. */
    static Optional<Path> binary() {
        return BINARIES.stream().map(Path::of).filter(Files::isExecutable).findFirst();
    }

    Chromium(Path binary, Path folder) throws Exception {
        profile = folder;
        process =
                new ProcessBuilder(
                                binary.toString(),
                                "--headless=new",
                                "--no-sandbox", // as root it refuses to start with one
                                "--disable-gpu",
                                "--disable-dev-shm-usage",
                                "--disable-background-networking",
                                "--disable-component-update",
                                "--disable-extensions",
                                "--no-first-run",
                                "--host-resolver-rules=MAP app.test 127.0.0.1:1",
                                "--user-data-dir=" + profile,
                                "--remote-debugging-port=0",
                                "about:blank")
                        .redirectErrorStream(true)
                        .redirectOutput(profile.resolve("output").toFile())
                        .start();
        var port = profile.resolve("DevToolsActivePort");
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> Files.exists(port) && Files.readString(port).contains("\n"));
        var base = "http://127.0.0.1:" + Files.readAllLines(port).getFirst();
        var page = Awaitility.await().atMost(PATIENCE).until(() -> page(base), Optional::isPresent);
        socket =
                http.newWebSocketBuilder()
                        .buildAsync(URI.create(page.orElseThrow()), new Listener())
                        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        for (var domain : List.of("Page", "Network", "Log", "Accessibility")) {
            send(domain + ".enable", Map.of());
        }
    }

    private Optional<String> page(String base) throws IOException, InterruptedException {
        var answer =
                http.send(
                        HttpRequest.newBuilder(URI.create(base + "/json/list")).build(),
                        HttpResponse.BodyHandlers.ofString());
        return JsonMapper.shared()
                .readTree(answer.body())
                .valueStream()
                .filter(target -> target.path("type").asString().equals("page"))
                .map(target -> target.path("webSocketDebuggerUrl").asString())
                .findFirst();
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                receive(JsonMapper.shared().readTree(text.toString()));
                text.setLength(0);
            }
            from.request(1);
            return CompletableFuture.completedFuture(null);
        }
    }

    private void receive(JsonNode message) {
        var waiting = pending.remove(message.path("id").asInt(-1));
        if (waiting != null) {
            waiting.complete(message);
        } else if (message.path("method").asString("").equals("Log.entryAdded")) {
            var entry = message.path("params").path("entry");
            if (entry.path("source").asString().equals("security")) {
                complaints.add(entry.path("text").asString());
            }
        }
    }

    JsonNode send(String method, Map<String, ?> parameters) {
        var id = ids.incrementAndGet();
        var answer = new CompletableFuture<JsonNode>();
        pending.put(id, answer);
        try {
            socket.sendText(
                            JsonMapper.shared()
                                    .writeValueAsString(
                                            Map.of(
                                                    "id",
                                                    id,
                                                    "method",
                                                    method,
                                                    "params",
                                                    parameters)),
                            true)
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            var message = answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (message.has("error")) {
                throw new IllegalStateException(method + ": " + message.path("error"));
            }
            return message.path("result");
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException(method, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    void open(String url) {
        send("Page.navigate", Map.of("url", url));
    }

    /** Waits until the page has this heading and its load has ended. */
    void awaitHeading(String text) {
        Awaitility.await("heading " + text)
                .atMost(PATIENCE)
                .ignoreExceptions()
                .until(() ->
                        evaluate(
                                        "document.readyState === 'complete'"
                                                + " ? document.querySelector('h1')?.textContent : ''")
                                .equals(text));
    }

    /** Waits until the address, as the address bar has it, starts so. */
    String awaitAddress(String start) {
        return Awaitility.await("address " + start)
                .atMost(PATIENCE)
                .ignoreExceptions()
                .until(this::address, address -> address.startsWith(start));
    }

    /** The newest entry of the history: also of a page that could not be loaded. */
    private String address() {
        var history = send("Page.getNavigationHistory", Map.of());
        return history.path("entries")
                .path(history.path("currentIndex").asInt())
                .path("url")
                .asString();
    }

    String evaluate(String script) {
        return send("Runtime.evaluate", Map.of("expression", script, "returnByValue", true))
                .path("result")
                .path("value")
                .asString("");
    }

    /** As if typed where the focus is. */
    void type(String text) {
        send("Input.insertText", Map.of("text", text));
    }

    void press(String key) {
        var text =
                switch (key) {
                    case "Enter" -> "\r";
                    case "Space" -> " ";
                    default -> "";
                };
        var code =
                switch (key) {
                    case "Tab" -> 9;
                    case "Enter" -> 13;
                    case "Space" -> 32;
                    default -> throw new IllegalArgumentException(key);
                };
        var name = key.equals("Space") ? " " : key;
        for (var type : List.of("keyDown", "keyUp")) {
            send(
                    "Input.dispatchKeyEvent",
                    Map.of(
                            "type",
                            type,
                            "key",
                            name,
                            "code",
                            key,
                            "windowsVirtualKeyCode",
                            code,
                            "text",
                            type.equals("keyDown") ? text : ""));
        }
    }

    /** A node as assistive technology sees it: {@code textbox "User name"}. */
    List<String> accessible() {
        var nodes = new ArrayList<String>();
        for (var node : send("Accessibility.getFullAXTree", Map.of()).path("nodes")) {
            if (!node.path("ignored").asBoolean()) {
                nodes.add(described(node));
            }
        }
        return nodes;
    }

    /** What has the focus, in the same form. */
    String focused() {
        for (var node : send("Accessibility.getFullAXTree", Map.of()).path("nodes")) {
            for (var property : node.path("properties")) {
                if (property.path("name").asString().equals("focused")
                        && property.path("value").path("value").asBoolean()
                        && !node.path("role").path("value").asString().equals("RootWebArea")) {
                    return described(node);
                }
            }
        }
        return "";
    }

    private static String described(JsonNode node) {
        return node.path("role").path("value").asString("")
                + " \""
                + node.path("name").path("value").asString("")
                + "\"";
    }

    /** What the browser held against the pages: blocked by their policy, and the like. */
    List<String> complaints() {
        return complaints;
    }

    @Override
    public void close() throws Exception {
        try {
            socket.sendText("{\"id\":0,\"method\":\"Browser.close\"}", true)
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } finally {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
            }
            http.shutdownNow();
            deleteProfile();
        }
    }

    private void deleteProfile() {
        // Its helpers may still write for a moment.
        Awaitility.await()
                .atMost(PATIENCE)
                .ignoreExceptionsMatching(e -> e instanceof UncheckedIOException)
                .until(() -> {
                    try {
                        io.nimbus.servers.Folders.delete(profile);
                        return true;
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
    }
}
