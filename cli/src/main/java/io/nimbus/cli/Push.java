package io.nimbus.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code nimbus push}: makes or changes the app, its routes and bindings, uploads what is new of
 * it, and starts it.
 */
final class Push {
    private static final int MATCH = 1000;
    private static final Duration UPLOAD = Duration.ofMinutes(30);

    private final Api api;
    private final PrintStream out;
    private final Apps apps;

    Push(Api api, PrintStream out) {
        this.api = api;
        this.out = out;
        this.apps = new Apps(api, out);
    }

    void push(Manifest.App wanted, boolean start)
            throws Failure, IOException, InterruptedException {
        var name = Objects.requireNonNull(wanted.name());
        var space = api.target().requireSpace();
        var path = wanted.path() == null ? Path.of("").toAbsolutePath() : wanted.path();
        try (var files = AppFiles.of(path)) {
            if (files.entries().isEmpty()) {
                throw new Failure("there are no files to push in " + path);
            }
            out.println("pushing " + name + " to space " + space.name() + " from " + path);
            var existing = api.find("/v2/apps", "name:" + name, "space_guid:" + space.guid());
            var app = createOrChange(wanted, name, existing);
            mapRoutes(wanted, name, app);
            bind(wanted, app);
            upload(app, files);
            if (!start) {
                out.println("not started, as asked");
                return;
            }
            if (existing.isPresent()
                    && existing.get().path("entity").path("state").asString("").equals("STARTED")) {
                apps.stop(app);
            }
            apps.start(app);
            out.println();
            apps.show(app);
        }
    }

    private JsonNode createOrChange(Manifest.App wanted, String name, Optional<JsonNode> existing)
            throws Failure, IOException, InterruptedException {
        var env = new LinkedHashMap<String, Object>();
        existing.ifPresent(app ->
                app.path("entity")
                        .path("environment_json")
                        .propertyStream()
                        .forEach(e -> env.put(e.getKey(), e.getValue())));
        env.putAll(wanted.env());
        var body =
                Api.body(
                        "name", name,
                        "space_guid", api.target().requireSpace().guid(),
                        "memory", wanted.memoryMb(),
                        "disk_quota", wanted.diskMb(),
                        "instances", wanted.instances(),
                        "command", wanted.command(),
                        "buildpack",
                                wanted.buildpacks().isEmpty()
                                        ? null
                                        : wanted.buildpacks().getFirst(),
                        "stack_guid", stack(wanted.stack()),
                        "environment_json", env.isEmpty() ? null : env,
                        "health_check_type", wanted.healthCheckType(),
                        "health_check_http_endpoint", wanted.healthCheckEndpoint(),
                        "health_check_timeout", wanted.timeout());
        JsonNode app;
        if (existing.isPresent()) {
            out.println("updating app " + name);
            app = api.put("/v2/apps/" + Api.guid(existing.get()), body);
        } else {
            out.println("creating app " + name);
            app = api.post("/v2/apps", body);
        }
        if (wanted.buildpacks().size() > 1) {
            api.authorized(
                    builder ->
                            builder.method(
                                    "PATCH",
                                    HttpRequest.BodyPublishers.ofString(
                                            JsonMapper.shared()
                                                    .writeValueAsString(
                                                            Map.of(
                                                                    "lifecycle",
                                                                    Map.of(
                                                                            "type",
                                                                            "buildpack",
                                                                            "data",
                                                                            Map.of(
                                                                                    "buildpacks",
                                                                                    wanted
                                                                                            .buildpacks())))))),
                    api.url() + "/v3/apps/" + Api.guid(app));
        }
        return app;
    }

    private @Nullable String stack(@Nullable String name)
            throws Failure, IOException, InterruptedException {
        if (name == null) {
            return null;
        }
        return Api.guid(
                api.find("/v2/stacks", "name:" + name)
                        .orElseThrow(() -> new Failure("there is no stack '" + name + "'")));
    }

    private void mapRoutes(Manifest.App wanted, String name, JsonNode app)
            throws Failure, IOException, InterruptedException {
        var mapped = api.list("/v2/apps/" + Api.guid(app) + "/routes");
        if (wanted.noRoute()) {
            for (var route : mapped) {
                api.delete("/v2/routes/" + Api.guid(route) + "/apps/" + Api.guid(app));
            }
            return;
        }
        var routes = new ArrayList<>(wanted.routes());
        if (routes.isEmpty() && !mapped.isEmpty()) {
            return; // an app that has routes keeps them
        }
        if (routes.isEmpty()) {
            var suffix =
                    wanted.randomRoute()
                            ? "-"
                                    + HexFormat.of()
                                            .toHexDigits(
                                                    (short) ThreadLocalRandom.current().nextInt())
                            : "";
            routes.add(host(name) + suffix + ".");
        }
        for (var text : routes) {
            var route = ensureRoute(text, name);
            var guid = Api.guid(route);
            if (mapped.stream().noneMatch(r -> Api.guid(r).equals(guid))) {
                api.put("/v2/routes/" + guid + "/apps/" + Api.guid(app), Map.of());
            }
        }
    }

    private static String host(String name) {
        var host =
                name.toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9-]+", "-")
                        .replaceAll("^-+|-+$", "");
        return host.isEmpty() ? "app" : host;
    }

    /**
     * The route of these words, made when it is not there.
     *
     * @param text {@code host.domain/path}; {@code host.} is on the default domain, {@code .domain}
     *     under the app's name
     */
    private JsonNode ensureRoute(String text, String name)
            throws Failure, IOException, InterruptedException {
        var slash = text.indexOf('/');
        var path = slash < 0 ? "" : text.substring(slash);
        var rest = slash < 0 ? text : text.substring(0, slash);
        String host;
        JsonNode domain;
        if (rest.endsWith(".")) {
            host = rest.substring(0, rest.length() - 1);
            domain = defaultDomain();
        } else if (rest.startsWith(".")) {
            host = host(name);
            domain =
                    domain(rest.substring(1))
                            .orElseThrow(() ->
                                    new Failure("there is no domain '" + rest.substring(1) + "'"));
        } else {
            var whole = domain(rest);
            var dot = rest.indexOf('.');
            if (whole.isPresent()) {
                host = "";
                domain = whole.get();
            } else if (dot > 0) {
                host = rest.substring(0, dot);
                domain =
                        domain(rest.substring(dot + 1))
                                .orElseThrow(() ->
                                        new Failure(
                                                "there is no domain for the route '" + text + "'"));
            } else {
                throw new Failure("there is no domain for the route '" + text + "'");
            }
        }
        var found =
                api.find(
                        "/v2/routes",
                        "host:" + host,
                        "domain_guid:" + Api.guid(domain),
                        "path:" + path);
        if (found.isPresent()) {
            return found.get();
        }
        out.println(
                "creating route "
                        + (host.isEmpty() ? "" : host + ".")
                        + domain.path("entity").path("name").asString()
                        + path);
        return api.post(
                "/v2/routes",
                Api.body(
                        "host",
                        host,
                        "path",
                        path.isEmpty() ? null : path,
                        "domain_guid",
                        Api.guid(domain),
                        "space_guid",
                        api.target().requireSpace().guid()));
    }

    private Optional<JsonNode> domain(String name)
            throws Failure, IOException, InterruptedException {
        var shared = api.find("/v2/shared_domains", "name:" + name);
        if (shared.isPresent()) {
            return shared;
        }
        return api.find(
                "/v2/organizations/" + api.target().requireOrg().guid() + "/private_domains",
                "name:" + name);
    }

    private JsonNode defaultDomain() throws Failure, IOException, InterruptedException {
        for (var domain : api.list("/v2/shared_domains")) {
            if (!domain.path("entity").path("internal").asBoolean(false)) {
                return domain;
            }
        }
        return api
                .list("/v2/organizations/" + api.target().requireOrg().guid() + "/private_domains")
                .stream()
                .findFirst()
                .orElseThrow(
                        () -> new Failure("there is no domain; an administrator can make one"));
    }

    private void bind(Manifest.App wanted, JsonNode app)
            throws Failure, IOException, InterruptedException {
        var bound = new HashSet<String>();
        if (!wanted.services().isEmpty()) {
            api.list("/v2/service_bindings?q=app_guid:" + Api.guid(app))
                    .forEach(b ->
                            bound.add(b.path("entity").path("service_instance_guid").asString()));
        }
        for (var service : wanted.services()) {
            var instance =
                    api
                            .list(
                                    "/v2/spaces/"
                                            + api.target().requireSpace().guid()
                                            + "/service_instances?return_user_provided_service_instances=true&q=name:"
                                            + Api.encode(service))
                            .stream()
                            .findFirst()
                            .orElseThrow(() ->
                                    new Failure(
                                            "there is no service instance '"
                                                    + service
                                                    + "' in this space"));
            if (bound.add(Api.guid(instance))) {
                out.println("binding service " + service);
                api.post(
                        "/v2/service_bindings",
                        Map.of(
                                "app_guid",
                                Api.guid(app),
                                "service_instance_guid",
                                Api.guid(instance)));
            }
        }
    }

    private void upload(JsonNode app, AppFiles files)
            throws Failure, IOException, InterruptedException {
        var known = match(files.entries());
        var missing =
                files.entries().stream()
                        .filter(f -> f.isLink() || !known.contains(f.sha1()))
                        .toList();
        var resources =
                files.entries().stream()
                        .filter(f -> !f.isLink() && known.contains(f.sha1()))
                        .map(Push::resource)
                        .toList();
        var url = api.url() + "/v2/apps/" + Api.guid(app) + "/bits?async=true";
        var zip = missing.isEmpty() ? null : AppFiles.zip(missing);
        try {
            var size = zip == null ? 0 : Files.size(zip);
            out.println(
                    "uploading "
                            + Sizes.text((double) size)
                            + " ("
                            + missing.size()
                            + " of "
                            + files.entries().size()
                            + " files are new)");
            var json = JsonMapper.shared().writeValueAsString(resources);
            var boundary =
                    "nimbus-" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
            var answer =
                    Api.json(
                            api.authorized(
                                    builder ->
                                            builder.timeout(UPLOAD)
                                                    .header(
                                                            "Content-Type",
                                                            "multipart/form-data; boundary="
                                                                    + boundary)
                                                    .PUT(multipart(boundary, json, zip, size)),
                                    url));
            api.awaitJob(answer);
        } finally {
            if (zip != null) {
                Files.deleteIfExists(zip);
            }
        }
    }

    private static Map<String, Object> resource(AppFiles.Entry file) {
        return Map.of(
                "fn",
                file.name(),
                "sha1",
                file.sha1(),
                "size",
                file.size(),
                "mode",
                Integer.toOctalString(file.mode()));
    }

    /** The SHA-1s that the platform has already. */
    private Set<String> match(List<AppFiles.Entry> files) throws Failure, InterruptedException {
        var known = new HashSet<String>();
        var asked = files.stream().filter(f -> !f.isLink()).toList();
        try {
            for (int i = 0; i < asked.size(); i += MATCH) {
                var part = asked.subList(i, Math.min(i + MATCH, asked.size()));
                api.put("/v2/resource_match", part.stream().map(Push::resource).toList())
                        .forEach(r -> known.add(r.path("sha1").asString()));
            }
            return known;
        } catch (IOException e) {
            out.println(
                    "(everything is uploaded: what is known cannot be asked: "
                            + e.getMessage()
                            + ")");
            return new HashSet<>();
        }
    }

    private HttpRequest.BodyPublisher multipart(
            String boundary, String json, @Nullable Path zip, long size) throws IOException {
        var head =
                "--"
                        + boundary
                        + "\r\nContent-Disposition: form-data; name=\"resources\"\r\n\r\n"
                        + json
                        + "\r\n";
        if (zip == null) {
            return HttpRequest.BodyPublishers.ofString(head + "--" + boundary + "--\r\n");
        }
        head +=
                "--"
                        + boundary
                        + "\r\nContent-Disposition: form-data; name=\"application\"; filename=\"application.zip\"\r\n"
                        + "Content-Type: application/octet-stream\r\nContent-Length: "
                        + size
                        + "\r\n\r\n";
        var tail = "\r\n--" + boundary + "--\r\n";
        var whole = head.getBytes(UTF_8).length + size + tail.getBytes(UTF_8).length;
        var content =
                HttpRequest.BodyPublishers.concat(
                        HttpRequest.BodyPublishers.ofString(head),
                        HttpRequest.BodyPublishers.ofInputStream(() -> progress(zip, size)),
                        HttpRequest.BodyPublishers.ofString(tail));
        return HttpRequest.BodyPublishers.fromPublisher(content, whole);
    }

    /** Says every tenth of a large upload. */
    private InputStream progress(Path zip, long size) {
        try {
            var sent = new AtomicLong();
            return new java.io.FilterInputStream(Files.newInputStream(zip)) {
                @Override
                public int read(byte[] bytes, int offset, int length) throws IOException {
                    var n = super.read(bytes, offset, length);
                    if (n > 0 && size > 4 << 20) {
                        var before = sent.getAndAdd(n) * 10 / size;
                        var after = sent.get() * 10 / size;
                        if (after > before) {
                            out.println("   " + after * 10 + "%");
                        }
                    }
                    return n;
                }
            };
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** The apps to push: of the manifest, changed by what was given on the command line. */
    static List<Manifest.App> combine(
            List<Manifest.App> manifest, @Nullable String name, Manifest.App given) throws Failure {
        if (manifest.isEmpty()) {
            if (name == null) {
                throw new Failure("push needs a name, or a manifest.yml that has one");
            }
            return List.of(override(Manifest.App.EMPTY, name, given));
        }
        if (name != null) {
            var named = manifest.stream().filter(a -> name.equals(a.name())).toList();
            if (named.isEmpty() && manifest.size() > 1) {
                throw new Failure("the manifest has no app '" + name + "'");
            }
            return List.of(
                    override(
                            named.isEmpty() ? manifest.getFirst() : named.getFirst(), name, given));
        }
        if (manifest.size() > 1 && !given.equals(Manifest.App.EMPTY)) {
            throw new Failure(
                    "options hold for one app, and the manifest has several; name the one");
        }
        var all = new ArrayList<Manifest.App>();
        for (var app : manifest) {
            if (app.name() == null) {
                throw new Failure("an app of the manifest has no name");
            }
            all.add(override(app, app.name(), given));
        }
        return all;
    }

    private static Manifest.App override(Manifest.App app, String name, Manifest.App given) {
        return new Manifest.App(
                name,
                first(given.path(), app.path()),
                first(given.memoryMb(), app.memoryMb()),
                first(given.diskMb(), app.diskMb()),
                first(given.instances(), app.instances()),
                first(given.command(), app.command()),
                given.buildpacks().isEmpty() ? app.buildpacks() : given.buildpacks(),
                first(given.stack(), app.stack()),
                app.env(),
                given.routes().isEmpty() ? app.routes() : given.routes(),
                given.noRoute() || app.noRoute(),
                given.randomRoute() || app.randomRoute(),
                first(given.healthCheckType(), app.healthCheckType()),
                first(given.healthCheckEndpoint(), app.healthCheckEndpoint()),
                first(given.timeout(), app.timeout()),
                app.services());
    }

    private static <T> @Nullable T first(@Nullable T a, @Nullable T b) {
        return Arrays.asList(a, b).stream().filter(Objects::nonNull).findFirst().orElse(null);
    }
}
