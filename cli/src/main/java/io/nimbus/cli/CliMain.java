package io.nimbus.cli;

import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ConnectException;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/**
 * The commands. Each prints what it did and ends with 0, or says in one line why not and ends with
 * 1.
 */
@Command(
        name = "nimbus",
        description = "Push apps and look after them.",
        mixinStandardHelpOptions = true,
        subcommands = CommandLine.HelpCommand.class)
public final class CliMain {
    private final PrintStream out = System.out;
    private final Path file = Target.file(System.getenv());

    private CliMain() {}

    public static void main(String[] arguments) {
        System.exit(
                new CommandLine(new CliMain())
                        .setExecutionExceptionHandler((e, commandLine, result) -> {
                            commandLine.getErr().println("FAILED: " + explain(e));
                            return 1;
                        })
                        .execute(arguments));
    }

    private static String explain(Exception e) {
        return switch (e) {
            case Api.Refusal refusal ->
                    refusal.getMessage()
                            + (refusal.code().isEmpty() ? "" : " (" + refusal.code() + ")");
            case Failure failure -> String.valueOf(failure.getMessage());
            case ConnectException connect ->
                    "nobody answers at the API's address; is the platform up? (`nimbus status`)";
            case HttpTimeoutException timeout -> "no answer in time";
            case IOException io ->
                    String.valueOf(
                            io.getMessage() == null
                                    ? io.getClass().getSimpleName()
                                    : io.getMessage());
            default -> throw new IllegalStateException(e);
        };
    }

    private Api api() throws Failure {
        return new Api(Target.read(file), file);
    }

    private void done(String what) {
        out.println(what);
    }

    @Command(
            name = "login",
            description = "Log in, and choose an org and a space.",
            mixinStandardHelpOptions = true)
    int login(
            @Option(names = "-a", paramLabel = "URL", description = "the API's address")
                    @Nullable String url,
            @Option(names = "-u", paramLabel = "USER") @Nullable String user,
            @Option(
                            names = "-p",
                            paramLabel = "PASSWORD",
                            description =
                                    "asked for when it is not given; may also stand in NIMBUS_PASSWORD")
                    @Nullable String password,
            @Option(names = "-o", paramLabel = "ORG") @Nullable String org,
            @Option(names = "-s", paramLabel = "SPACE") @Nullable String space)
            throws Exception {
        var api = api();
        if (url != null || api.target().api() == null) {
            api.change(api.discover(url == null ? ask("API address: ", false) : url));
        }
        var name = user == null ? ask("user: ", false) : user;
        var secret = password != null ? password : System.getenv("NIMBUS_PASSWORD");
        if (secret == null) {
            secret = ask("password: ", true);
        }
        try {
            api.grant(Map.of("grant_type", "password", "username", name, "password", secret));
        } catch (Api.Refusal e) {
            throw new Failure("the login was refused: " + e.getMessage(), e);
        }
        api.change(api.target().withUser(name));
        choose(api, org, space);
        show(api);
        return 0;
    }

    private static String ask(String prompt, boolean secret) throws Failure {
        Console console =
                Objects.requireNonNull(System.console(), "since JDK 22 there always is one");
        if (!console.isTerminal()) {
            throw new Failure(
                    "there is no terminal to ask at: "
                            + prompt.strip().replace(":", "")
                            + " is missing");
        }
        var answer =
                secret
                        ? String.valueOf(
                                Objects.requireNonNullElse(
                                        console.readPassword(prompt), new char[0]))
                        : console.readLine(prompt);
        if (answer == null || answer.isBlank()) {
            throw new Failure("nothing was entered");
        }
        return answer.strip();
    }

    private void choose(Api api, @Nullable String org, @Nullable String space) throws Exception {
        var orgs = api.list("/v2/organizations?order-by=name");
        var chosenOrg = pick(orgs, org, "org");
        if (chosenOrg == null) {
            return;
        }
        var spaces = api.list("/v2/spaces?order-by=name&q=organization_guid:" + chosenOrg.guid());
        api.change(api.target().withPlace(chosenOrg, pick(spaces, space, "space")));
    }

    /** The named one, or the only one; null when there are several and none was named. */
    private Target.@Nullable Named pick(List<JsonNode> all, @Nullable String name, String kind)
            throws Failure {
        for (var one : all) {
            var named = new Target.Named(Api.guid(one), one.path("entity").path("name").asString());
            if (name == null ? all.size() == 1 : named.name().equalsIgnoreCase(name)) {
                return named;
            }
        }
        if (name != null) {
            throw new Failure("there is no " + kind + " '" + name + "' that you can see");
        }
        if (!all.isEmpty()) {
            out.println(
                    "several "
                            + kind
                            + "s; `nimbus target` chooses: "
                            + String.join(
                                    ", ",
                                    all.stream()
                                            .map(o -> o.path("entity").path("name").asString())
                                            .toList()));
        }
        return null;
    }

    private void show(Api api) {
        var target = api.target();
        out.println("api:    " + target.api());
        out.println("user:   " + (target.user() == null ? "-" : target.user()));
        out.println("org:    " + (target.org() == null ? "-" : target.org().name()));
        out.println("space:  " + (target.space() == null ? "-" : target.space().name()));
    }

    @Command(name = "logout", description = "Forget the login.", mixinStandardHelpOptions = true)
    int logout() throws Exception {
        var api = api();
        api.change(api.target().withTokens(null, null).withUser(null).withPlace(null, null));
        done("logged out");
        return 0;
    }

    @Command(
            name = "target",
            description = "Show or change the org and the space.",
            mixinStandardHelpOptions = true)
    int target(
            @Option(names = "-o", paramLabel = "ORG") @Nullable String org,
            @Option(names = "-s", paramLabel = "SPACE") @Nullable String space)
            throws Exception {
        var api = api();
        api.url();
        if (org != null || space != null) {
            choose(
                    api,
                    org == null && api.target().org() != null ? api.target().org().name() : org,
                    space);
        }
        show(api);
        return 0;
    }

    @Command(
            name = "push",
            description = "Push an app, or all apps of a manifest.",
            mixinStandardHelpOptions = true)
    int push(
            @Parameters(arity = "0..1", paramLabel = "NAME") @Nullable String name,
            @Option(
                            names = "-p",
                            paramLabel = "PATH",
                            description = "folder, jar, war or zip; the current folder by default")
                    @Nullable Path path,
            @Option(
                            names = "-f",
                            paramLabel = "MANIFEST",
                            description =
                                    "by default manifest.yml of the pushed folder or the current one")
                    @Nullable Path manifest,
            @Option(names = "--no-manifest", description = "ignore a manifest.yml")
                    boolean noManifest,
            @Option(
                            names = "--var",
                            paramLabel = "NAME=VALUE",
                            description = "for ((NAME)) in the manifest")
                    @Nullable Map<String, String> variables,
            @Option(names = "-m", paramLabel = "MEMORY") @Nullable String memory,
            @Option(names = "-k", paramLabel = "DISK") @Nullable String disk,
            @Option(names = "-i", paramLabel = "INSTANCES") @Nullable Integer instances,
            @Option(
                            names = "-c",
                            paramLabel = "COMMAND",
                            description = "start command; '' is the buildpack's again")
                    @Nullable String command,
            @Option(
                            names = "-b",
                            paramLabel = "BUILDPACK",
                            description = "name, git address or zip; several in order")
                    @Nullable List<String> buildpacks,
            @Option(names = "-s", paramLabel = "STACK") @Nullable String stack,
            @Option(
                            names = {"-n", "--hostname"},
                            paramLabel = "HOST")
                    @Nullable String host,
            @Option(names = "-d", paramLabel = "DOMAIN") @Nullable String domain,
            @Option(names = "--no-route") boolean noRoute,
            @Option(names = "--random-route") boolean randomRoute,
            @Option(names = "--no-start") boolean noStart,
            @Option(
                            names = "-u",
                            paramLabel = "TYPE",
                            description = "health check: port, process, http or none")
                    @Nullable String healthCheck,
            @Option(
                            names = "--endpoint",
                            paramLabel = "PATH",
                            description = "of an http health check")
                    @Nullable String endpoint,
            @Option(names = "-t", paramLabel = "SECONDS", description = "time to start")
                    @Nullable Integer timeout)
            throws Exception {
        var api = api();
        var routes = new ArrayList<String>();
        if (host != null) {
            routes.add(host + "." + (domain == null ? "" : domain));
        } else if (domain != null) {
            routes.add("." + domain);
        }
        var given =
                new Manifest.App(
                        null,
                        path == null ? null : path.toAbsolutePath().normalize(),
                        memory == null ? null : Sizes.megabytes(memory),
                        disk == null ? null : Sizes.megabytes(disk),
                        instances,
                        command,
                        buildpacks == null ? List.of() : buildpacks,
                        stack,
                        Map.of(),
                        routes,
                        noRoute,
                        randomRoute,
                        healthCheck,
                        endpoint,
                        timeout,
                        List.of());
        var apps =
                Push.combine(
                        manifest(
                                manifest,
                                noManifest,
                                path,
                                variables == null ? Map.of() : variables),
                        name,
                        given);
        for (var app : apps) {
            new Push(api, out).push(app, !noStart);
        }
        return 0;
    }

    private static List<Manifest.App> manifest(
            @Nullable Path given,
            boolean none,
            @Nullable Path pushed,
            Map<String, String> variables)
            throws Failure {
        if (none) {
            return List.of();
        }
        if (given != null) {
            return Manifest.read(given, variables);
        }
        // Beside what is pushed, else here; like cf, the current folder's does not hold for another
        // path.
        var folder = pushed == null ? Path.of("").toAbsolutePath() : pushed;
        var found = folder.resolve("manifest.yml");
        if (!Files.isDirectory(folder) || !Files.exists(found)) {
            return List.of();
        }
        var apps = Manifest.read(found, variables);
        return apps.stream()
                .map(a ->
                        a.path() != null
                                ? a
                                : new Manifest.App(
                                        a.name(),
                                        folder,
                                        a.memoryMb(),
                                        a.diskMb(),
                                        a.instances(),
                                        a.command(),
                                        a.buildpacks(),
                                        a.stack(),
                                        a.env(),
                                        a.routes(),
                                        a.noRoute(),
                                        a.randomRoute(),
                                        a.healthCheckType(),
                                        a.healthCheckEndpoint(),
                                        a.timeout(),
                                        a.services()))
                .toList();
    }

    @Command(name = "apps", description = "The apps of the space.", mixinStandardHelpOptions = true)
    int apps() throws Exception {
        var api = api();
        var summary = api.get("/v2/spaces/" + api.target().requireSpace().guid() + "/summary");
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("name", "state", "instances", "memory", "disk", "urls"));
        for (var app : summary.path("apps")) {
            var urls = new ArrayList<String>();
            app.path("urls").forEach(u -> urls.add(u.asString()));
            rows.add(
                    List.of(
                            app.path("name").asString(),
                            app.path("state").asString().toLowerCase(Locale.ROOT),
                            Apps.running(app) + "/" + app.path("instances").asInt(),
                            Sizes.text(app.path("memory").asDouble() * (1 << 20)),
                            Sizes.text(app.path("disk_quota").asDouble() * (1 << 20)),
                            String.join(", ", urls)));
        }
        if (rows.size() == 1) {
            out.println("no apps in space " + api.target().requireSpace().name());
        } else {
            Table.print(out, rows);
        }
        return 0;
    }

    @Command(
            name = "app",
            description = "One app and its instances.",
            mixinStandardHelpOptions = true)
    int app(@Parameters(paramLabel = "APP") String name) throws Exception {
        var apps = new Apps(api(), out);
        apps.show(apps.find(name));
        return 0;
    }

    @Command(
            name = "logs",
            description = "An app's log: as it comes, or what there is.",
            mixinStandardHelpOptions = true)
    int logs(
            @Parameters(paramLabel = "APP") String name,
            @Option(names = "--recent", description = "what is kept, and end") boolean recent)
            throws Exception {
        var api = api();
        var tail = new LogTail(api, Api.guid(new Apps(api, out).find(name)));
        if (recent) {
            tail.recent().forEach(line -> out.println(line.shown()));
        } else {
            tail.follow(
                    Instant.now().minusSeconds(1), () -> true, line -> out.println(line.shown()));
        }
        return 0;
    }

    @Command(
            name = "scale",
            description = "Change instances, memory or disk.",
            mixinStandardHelpOptions = true)
    int scale(
            @Parameters(paramLabel = "APP") String name,
            @Option(names = "-i", paramLabel = "INSTANCES") @Nullable Integer instances,
            @Option(names = "-m", paramLabel = "MEMORY", description = "restarts the app")
                    @Nullable String memory,
            @Option(names = "-k", paramLabel = "DISK", description = "restarts the app")
                    @Nullable String disk)
            throws Exception {
        var api = api();
        var apps = new Apps(api, out);
        var app = apps.find(name);
        if (instances == null && memory == null && disk == null) {
            apps.show(app);
            return 0;
        }
        api.put(
                "/v2/apps/" + Api.guid(app),
                Api.body(
                        "instances", instances,
                        "memory", memory == null ? null : Sizes.megabytes(memory),
                        "disk_quota", disk == null ? null : Sizes.megabytes(disk)));
        if ((memory != null || disk != null) && isStarted(app)) {
            apps.stop(app);
            apps.start(app);
        }
        done("scaled " + name);
        return 0;
    }

    private static boolean isStarted(JsonNode app) {
        return app.path("entity").path("state").asString("").equals("STARTED");
    }

    @Command(name = "start", description = "Start an app.", mixinStandardHelpOptions = true)
    int start(@Parameters(paramLabel = "APP") String name) throws Exception {
        return with(
                name,
                apps ->
                        app -> {
                            if (isStarted(app)) {
                                done(name + " is started already");
                            } else {
                                apps.start(app);
                            }
                        });
    }

    @Command(name = "stop", description = "Stop an app.", mixinStandardHelpOptions = true)
    int stop(@Parameters(paramLabel = "APP") String name) throws Exception {
        return with(
                name,
                apps ->
                        app -> {
                            apps.stop(app);
                            done("stopped " + name);
                        });
    }

    @Command(
            name = "restart",
            description = "Stop and start an app.",
            mixinStandardHelpOptions = true)
    int restart(@Parameters(paramLabel = "APP") String name) throws Exception {
        return with(
                name,
                apps ->
                        app -> {
                            apps.stop(app);
                            apps.start(app);
                        });
    }

    @Command(
            name = "restage",
            description = "Build an app's droplet anew and start it.",
            mixinStandardHelpOptions = true)
    int restage(@Parameters(paramLabel = "APP") String name) throws Exception {
        return with(name, apps -> apps::restage);
    }

    private interface Action {
        void on(JsonNode app) throws Exception;
    }

    private interface Actions {
        Action of(Apps apps);
    }

    private int with(String name, Actions actions) throws Exception {
        var apps = new Apps(api(), out);
        actions.of(apps).on(apps.find(name));
        return 0;
    }

    @Command(name = "delete", description = "Delete an app.", mixinStandardHelpOptions = true)
    int delete(
            @Parameters(paramLabel = "APP") String name,
            @Option(names = "-f", description = "do not ask") boolean force,
            @Option(names = "-r", description = "its routes too") boolean routes)
            throws Exception {
        var api = api();
        var app = new Apps(api, out).find(name);
        if (!force
                && !ask("really delete " + name + "? [yN] ", false)
                        .toLowerCase(Locale.ROOT)
                        .startsWith("y")) {
            done("not deleted");
            return 0;
        }
        if (routes) {
            for (var route : api.list("/v2/apps/" + Api.guid(app) + "/routes")) {
                api.delete("/v2/routes/" + Api.guid(route));
            }
        }
        api.awaitJob(api.delete("/v2/apps/" + Api.guid(app) + "?recursive=true&async=true"));
        done("deleted " + name);
        return 0;
    }

    @Command(
            name = "routes",
            description = "The routes of the space.",
            mixinStandardHelpOptions = true)
    int routes() throws Exception {
        var api = api();
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("host", "domain", "path", "apps"));
        for (var route :
                api.list(
                        "/v2/spaces/"
                                + api.target().requireSpace().guid()
                                + "/routes?inline-relations-depth=1")) {
            var entity = route.path("entity");
            var apps = new ArrayList<String>();
            entity.path("apps").forEach(a -> apps.add(a.path("entity").path("name").asString()));
            rows.add(
                    List.of(
                            entity.path("host").asString(""),
                            entity.path("domain").path("entity").path("name").asString(""),
                            entity.path("path").asString(""),
                            String.join(", ", apps)));
        }
        Table.print(out, rows);
        return 0;
    }

    @Command(name = "env", description = "An app's environment.", mixinStandardHelpOptions = true)
    int env(@Parameters(paramLabel = "APP") String name) throws Exception {
        var api = api();
        var env = api.get("/v2/apps/" + Api.guid(new Apps(api, out).find(name)) + "/env");
        var sections = new LinkedHashMap<String, String>();
        sections.put("system_env_json", "from the platform");
        sections.put("application_env_json", "about the app");
        sections.put("environment_json", "set by the user");
        sections.put("running_env_json", "of every app");
        sections.put("staging_env_json", "of every staging");
        sections.forEach((key, title) -> {
            if (!env.path(key).isEmpty()) {
                out.println(title + ":");
                env.path(key)
                        .propertyStream()
                        .forEach(e ->
                                out.println(
                                        "  "
                                                + e.getKey()
                                                + "="
                                                + (e.getValue().isValueNode()
                                                        ? e.getValue().asString()
                                                        : e.getValue().toPrettyString())));
            }
        });
        return 0;
    }

    @Command(
            name = "set-env",
            description = "Set a variable; it holds from the next restart (or restage).",
            mixinStandardHelpOptions = true)
    int setEnv(
            @Parameters(paramLabel = "APP") String name,
            @Parameters(paramLabel = "NAME") String key,
            @Parameters(paramLabel = "VALUE") String value)
            throws Exception {
        return changeEnv(
                name,
                env -> env.put(key, value),
                "set " + key + "; `nimbus restart " + name + "` makes it hold");
    }

    @Command(
            name = "unset-env",
            description = "Take a variable away.",
            mixinStandardHelpOptions = true)
    int unsetEnv(
            @Parameters(paramLabel = "APP") String name,
            @Parameters(paramLabel = "NAME") String key)
            throws Exception {
        return changeEnv(
                name,
                env -> env.remove(key),
                "unset " + key + "; `nimbus restart " + name + "` makes it hold");
    }

    private interface Change {
        @Nullable Object to(Map<String, Object> env);
    }

    private int changeEnv(String name, Change change, String said) throws Exception {
        var api = api();
        var app = new Apps(api, out).find(name);
        var env = new LinkedHashMap<String, Object>();
        app.path("entity")
                .path("environment_json")
                .propertyStream()
                .forEach(e -> env.put(e.getKey(), e.getValue()));
        change.to(env);
        api.put("/v2/apps/" + Api.guid(app), Map.of("environment_json", env));
        done(said);
        return 0;
    }
}
