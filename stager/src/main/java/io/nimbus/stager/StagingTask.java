package io.nimbus.stager;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nimbus.bus.LogEmitter;
import io.nimbus.bus.Timers;
import io.nimbus.component.VcapEnvironment;
import io.nimbus.stager.policy.BuildpackChoice;
import io.nimbus.stager.policy.BuildpackChoice.Chosen;
import io.nimbus.stager.policy.GitAddress;
import io.nimbus.stager.policy.StartCommand;
import io.nimbus.subjects.EgressRule;
import io.nimbus.subjects.Logs;
import io.nimbus.subjects.StagingReply;
import io.nimbus.subjects.StagingStart;
import io.nimbus.subjects.log.Log;
import io.nimbus.warden.Container;
import io.nimbus.warden.ContainerLimits;
import io.nimbus.warden.ContainerSpec;
import io.nimbus.warden.Egress;
import io.nimbus.warden.Exit;
import io.nimbus.warden.Mount;
import io.nimbus.warden.ProcessSpec;
import io.nimbus.warden.Warden;
import io.nimbus.warden.WardenException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * One staging task from package to droplet: download, choose a buildpack, run it in a container,
 * pack, upload. Runs on one virtual thread; {@link #stop} interrupts it from any other.
 */
final class StagingTask {
    private static final Logger log = LoggerFactory.getLogger(StagingTask.class);
    private static final YAMLMapper YAML = new YAMLMapper();

    private static final String APP = "/tmp/staged/app";
    private static final String CACHE = "/tmp/cache";
    private static final String DEPS = "/tmp/staged/deps";
    private static final String SYSTEM_PACKS = "/tmp/buildpacks";
    private static final String CUSTOM_PACKS = "/tmp/custom-buildpacks";
    private static final int CPU_SHARES = 512;
    private static final long LOG_BYTES = 1 << 20;

    private final StagingStart request;
    private final StagerConfig config;
    private final Warden warden;
    private final BuildpackStore buildpacks;
    private final Transfers transfers;
    private final LogEmitter logs;
    private final Timers clock;
    private final Path work;
    private final ByteArrayOutputStream transcript = new ByteArrayOutputStream();
    private final long deadline;
    private volatile boolean stopped;
    private volatile @Nullable Thread thread;

    StagingTask(
            StagingStart request,
            StagerConfig config,
            Warden warden,
            BuildpackStore buildpacks,
            Transfers transfers,
            LogEmitter logs,
            Timers clock) {
        this.request = request;
        this.config = config;
        this.warden = warden;
        this.buildpacks = buildpacks;
        this.transfers = transfers;
        this.logs = logs;
        this.clock = clock;
        this.work = config.base().resolve("work").resolve(handle());
        this.deadline = System.nanoTime() + config.scriptLimit().toNanos();
    }

    String app() {
        return request.app();
    }

    String id() {
        return request.task();
    }

    private String handle() {
        return "task-" + request.task().replaceAll("[^A-Za-z0-9-]", "");
    }

    int memoryMb() {
        return Math.max(
                config.leastMemoryMb(),
                request.memoryLimitMb() != null
                        ? request.memoryLimitMb()
                        : request.properties().resources().memoryMb());
    }

    int diskMb() {
        return Math.max(
                config.leastDiskMb(),
                request.diskLimitMb() != null
                        ? request.diskLimitMb()
                        : request.properties().resources().diskMb());
    }

    /** Ends the task soon; its result then says that it was stopped. */
    void stop() {
        stopped = true;
        var running = thread;
        if (running != null) {
            running.interrupt();
        }
    }

    /** Runs to the end, whatever that is. Nothing is left of the task afterwards. */
    StagingReply run() {
        thread = Thread.currentThread();
        try {
            if (stopped) {
                throw new InterruptedException();
            }
            Files.createDirectories(work);
            return stage();
        } catch (StagingFailure e) {
            say("Staging failed: " + e.getMessage());
            return StagingReply.failed(id(), app(), e.type(), String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            return StagingReply.failed(
                    id(), app(), StagingFailure.STAGING, "Error staging: task stopped");
        } catch (TimeoutException e) {
            var message =
                    "Staging in container timed out after "
                            + config.scriptLimit().toSeconds()
                            + " s";
            say("Staging failed: " + message);
            return StagingReply.failed(id(), app(), StagingFailure.STAGING, message);
        } catch (IOException | WardenException e) {
            log.warn("task {} of app {} failed", id(), app(), e);
            say("Staging failed: " + e.getMessage());
            return StagingReply.failed(
                    id(), app(), StagingFailure.STAGING, String.valueOf(e.getMessage()));
        } finally {
            thread = null;
            var interrupted = Thread.interrupted(); // what follows must not be cut short
            cleanUp();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void cleanUp() {
        try {
            warden.destroy(handle());
            BuildpackStore.Trees.delete(work);
        } catch (WardenException | IOException e) {
            log.warn("remains of task {} are left to the next start: {}", id(), e.getMessage());
        }
    }

    private StagingReply stage()
            throws StagingFailure,
                    IOException,
                    WardenException,
                    InterruptedException,
                    TimeoutException {
        var choice = BuildpackChoice.of(request.properties(), request.buildpacks());
        if (choice instanceof BuildpackChoice.Unknown(String name)) {
            throw new StagingFailure("The buildpack '" + name + "' is not installed");
        }
        try (var lease = buildpacks.lease(request.buildpacks())) {
            var container =
                    warden.create(
                            ContainerSpec.of(handle())
                                    .withStack(request.stack())
                                    .withMounts(
                                            List.of(
                                                    Mount.readOnly(
                                                            buildpacks.folder().toAbsolutePath(),
                                                            SYSTEM_PACKS)))
                                    .withLimits(
                                            new ContainerLimits(
                                                    (long) memoryMb() << 20,
                                                    (long) diskMb() << 20,
                                                    CPU_SHARES,
                                                    config.pids(),
                                                    files()))
                                    .withEgress(egress())
                                    .withEnvironment(environment()));
            prepare(container);
            return build(container, choice);
        }
    }

    private int files() {
        return Math.max(request.properties().resources().files(), 16384);
    }

    private List<Egress> egress() throws StagingFailure {
        var rules = new ArrayList<Egress>();
        for (EgressRule rule : request.egressRules()) {
            try {
                rules.add(
                        Egress.parse(
                                rule.protocol(),
                                rule.destination(),
                                rule.ports(),
                                rule.type(),
                                rule.code(),
                                Boolean.TRUE.equals(rule.log())));
            } catch (IllegalArgumentException e) {
                throw new StagingFailure(
                        "A security group rule cannot be applied: " + e.getMessage());
            }
        }
        return rules;
    }

    private Map<String, String> environment() {
        var environment = new LinkedHashMap<String, String>();
        var services = request.properties().services();
        environment.put("LANG", "en_US.UTF-8");
        var application =
                request.startMessage() == null
                        ? Map.of()
                        : request.startMessage().vcapApplication();
        environment.put("VCAP_APPLICATION", JsonMapper.shared().writeValueAsString(application));
        environment.put("VCAP_SERVICES", VcapEnvironment.services(services));
        VcapEnvironment.databaseUrl(services)
                .ifPresent(url -> environment.put("DATABASE_URL", url));
        environment.put("MEMORY_LIMIT", memoryMb() + "m");
        environment.put("STAGING_TIMEOUT", String.valueOf(config.scriptLimit().toSeconds()));
        if (request.stack() != null) {
            environment.put("CF_STACK", request.stack());
        }
        command().ifPresent(command -> environment.put("NIMBUS_START_COMMAND", command));
        for (var pair : request.properties().environment()) {
            var equals = pair.indexOf('=');
            if (equals > 0) {
                environment.put(pair.substring(0, equals), pair.substring(equals + 1));
            }
        }
        return environment;
    }

    private Optional<String> command() {
        return request.properties().meta().get("command") instanceof String command
                        && !command.isBlank()
                ? Optional.of(command)
                : Optional.empty();
    }

    /**
     * The app's files and what an earlier staging left in the cache, before anything untrusted
     * runs.
     */
    private void prepare(Container container)
            throws StagingFailure, IOException, WardenException, InterruptedException {
        var zip = work.resolve("app.zip");
        try {
            transfers.download(request.packageUrl(), zip, "app package");
        } catch (Transfers.Refused e) {
            throw new StagingFailure(
                    "The app package cannot be downloaded (status " + e.status() + ")");
        }
        say("-----> Downloaded app package (" + Transfers.size(zip) + ")");
        var app = container.outside(APP);
        try {
            // Executable for the owner whatever the zip says: some clients know no modes. Source:
            // dea_ng, the
            // buildpack runner's chmod.
            Zips.unpack(zip, app, (long) diskMb() << 20, "rwxr--r--");
        } catch (IOException e) {
            throw new StagingFailure("The app package cannot be unpacked: " + e.getMessage());
        }
        for (var folder :
                new String[] {
                    APP, "/tmp/staged/logs", "/tmp/staged/tmp", CACHE, DEPS, CUSTOM_PACKS
                }) {
            Files.createDirectories(container.outside(folder));
        }
        Files.deleteIfExists(zip);
        container.own("/tmp/staged");
        container.own(CACHE);
        container.own(CUSTOM_PACKS);
        if (request.cacheDownloadUrl() != null) {
            var cache = work.resolve("earlier-cache.tgz");
            try {
                transfers.download(request.cacheDownloadUrl(), cache, "buildpack cache");
                say("-----> Downloaded app buildpack cache (" + Transfers.size(cache) + ")");
                container.unpack(cache, CACHE);
                Files.delete(cache);
            } catch (IOException | WardenException e) {
                // Slower without, but no worse.
                log.info("task {} goes on without its cache: {}", id(), e.getMessage());
            }
        }
    }

    /** A buildpack ready to run. */
    private record Pack(String name, String path, @Nullable String key) {}

    private StagingReply build(Container container, BuildpackChoice choice)
            throws StagingFailure,
                    IOException,
                    WardenException,
                    InterruptedException,
                    TimeoutException {
        String detected = null;
        List<Pack> packs;
        switch (choice) {
            case BuildpackChoice.Detect(var candidates) -> {
                var found = detect(container, candidates);
                detected = found.name();
                packs = List.of(found);
            }
            case BuildpackChoice.Named(var named) -> packs = fetch(container, named);
            case BuildpackChoice.Unknown(String name) -> throw new IllegalStateException(name);
        }
        var last = packs.getLast();
        compile(container, packs);
        var procfile = procfile(container);
        Map<String, String> released =
                StartCommand.isKnownWithoutRelease(command().orElse(null), procfile)
                        ? Map.of()
                        : release(container, last);
        var start = StartCommand.choose(command().orElse(null), procfile, released);
        var types = procfile.isEmpty() ? released : procfile;
        writeInfo(container, detected, start.orElse(null), last, types);
        if (start.isEmpty()) {
            say("       Nothing says how to start the app: it needs a start command.");
        }
        upload(container);
        return new StagingReply(
                id(),
                null,
                detected,
                last.key(),
                null,
                start.orElse(null),
                types.isEmpty() ? null : types,
                app(),
                null,
                null);
    }

    private Pack detect(Container container, List<StagingStart.Buildpack> candidates)
            throws StagingFailure, WardenException, InterruptedException, TimeoutException {
        for (var candidate : candidates) {
            var path = SYSTEM_PACKS + "/" + candidate.key();
            var said = new StringBuilder();
            var exit =
                    run(
                            container,
                            line -> said.append(line).append('\n'),
                            script(container, path, "detect", APP));
            if (exit.status() == 0) {
                return new Pack(said.toString().strip(), path, candidate.key());
            }
        }
        throw new StagingFailure(
                StagingFailure.NO_APP,
                "An app was not successfully detected by any available buildpack");
    }

    private List<Pack> fetch(Container container, List<Chosen> named)
            throws StagingFailure, WardenException, InterruptedException, TimeoutException {
        var packs = new ArrayList<Pack>();
        for (var one : named) {
            switch (one) {
                case Chosen.Installed(String name, String key) ->
                        packs.add(new Pack(name, SYSTEM_PACKS + "/" + key, key));
                case Chosen.Custom(String url) -> packs.add(custom(container, url, packs.size()));
            }
        }
        return packs;
    }

    /** Fetched inside the container: with its rights and its egress rules, not with ours. */
    private Pack custom(Container container, String text, int index)
            throws StagingFailure, WardenException, InterruptedException, TimeoutException {
        var address = GitAddress.parse(text);
        var path = CUSTOM_PACKS + "/" + index;
        say("-----> Fetching buildpack " + address.shown());
        var target = container.inside(path);
        var script =
                address.zip()
                        ? "curl -fsSL --retry 2 -o \"$2.zip\" \"$1\" && mkdir -p \"$2\" && unzip -q \"$2.zip\" -d \"$2\" && rm \"$2.zip\""
                        : "export GIT_TERMINAL_PROMPT=0; git clone -q --depth 1 --recursive ${3:+-b \"$3\"} -- \"$1\" \"$2\" "
                                + "|| { rm -rf \"$2\" && git clone -q --recursive -- \"$1\" \"$2\" && cd \"$2\" && git checkout -q ${3:-HEAD}; }";
        var exit =
                run(
                        container,
                        this::say,
                        ProcessSpec.of(
                                "/bin/bash",
                                "-c",
                                script,
                                "fetch",
                                address.url(),
                                target,
                                address.branch() == null ? "" : address.branch()));
        if (exit.status() != 0) {
            throw new StagingFailure("The buildpack " + address.shown() + " cannot be fetched");
        }
        // An archive often holds one folder with everything in it.
        var nested = new StringBuilder();
        var found =
                run(
                        container,
                        nested::append,
                        ProcessSpec.of(
                                "/bin/bash",
                                "-c",
                                "cd \"$1\" && if [ -d bin ]; then echo; else set -- */bin; [ $# = 1 ] && [ -d \"$1\" ] && dirname \"$1\"; fi",
                                "look",
                                target));
        if (found.status() != 0) {
            throw new StagingFailure("The buildpack " + address.shown() + " has no bin folder");
        }
        var folder = nested.toString().strip();
        return new Pack(address.shown(), folder.isEmpty() ? path : path + "/" + folder, null);
    }

    /**
     * One buildpack with {@code compile} runs the classic way. Several, or one with {@code
     * finalize}, run the newer way: all but the last only supply.
     */
    private void compile(Container container, List<Pack> packs)
            throws StagingFailure, WardenException, InterruptedException, TimeoutException {
        var last = packs.getLast();
        var newer = has(container, last, "finalize");
        if (packs.size() == 1 && !newer) {
            if (!has(container, last, "compile")) {
                throw new StagingFailure(
                        StagingFailure.COMPILE,
                        "The buildpack " + last.name() + " has no compile script");
            }
            succeed(container, script(container, last.path(), "compile", APP, CACHE));
            return;
        }
        for (var pack : packs.subList(0, packs.size() - 1)) {
            if (!has(container, pack, "supply")) {
                throw new StagingFailure(
                        StagingFailure.COMPILE,
                        "The buildpack "
                                + pack.name()
                                + " can only be the last one: it has no supply script");
            }
        }
        var digits = String.valueOf(packs.size()).length();
        for (int i = 0; i < packs.size(); i++) {
            var pack = packs.get(i);
            var index = String.format("%0" + digits + "d", i);
            var isLast = i == packs.size() - 1;
            var cache =
                    CACHE + "/" + (isLast ? "final" : Integer.toHexString(pack.name().hashCode()));
            mkdir(container, cache, DEPS + "/" + index);
            if (has(container, pack, "supply")) {
                succeed(
                        container,
                        script(container, pack.path(), "supply", APP, cache, DEPS, index));
            }
            if (isLast && newer) {
                succeed(
                        container,
                        script(container, pack.path(), "finalize", APP, cache, DEPS, index));
            } else if (isLast) {
                say(
                        "       "
                                + pack.name()
                                + " has no finalize script; what the buildpacks before it supplied may not be found");
                succeed(container, script(container, pack.path(), "compile", APP, cache));
            }
        }
    }

    private boolean has(Container container, Pack pack, String script)
            throws WardenException, InterruptedException, TimeoutException {
        return run(
                                container,
                                line -> {},
                                ProcessSpec.of(
                                        "/usr/bin/test",
                                        "-x",
                                        container.inside(pack.path() + "/bin/" + script)))
                        .status()
                == 0;
    }

    private void mkdir(Container container, String... folders)
            throws WardenException, InterruptedException, TimeoutException {
        var command = new ArrayList<>(List.of("/bin/mkdir", "-p"));
        for (var folder : folders) {
            command.add(container.inside(folder));
        }
        run(container, this::say, ProcessSpec.of(command.toArray(String[]::new)));
    }

    private void succeed(Container container, ProcessSpec script)
            throws StagingFailure, WardenException, InterruptedException, TimeoutException {
        var exit = run(container, this::say, script);
        if (exit.cause() == Exit.Cause.OUT_OF_MEMORY) {
            throw new StagingFailure(
                    StagingFailure.COMPILE,
                    "Buildpack compilation step failed: out of memory (the limit is "
                            + memoryMb()
                            + " MB)");
        }
        if (exit.cause() == Exit.Cause.OUT_OF_DISK) {
            throw new StagingFailure(
                    StagingFailure.COMPILE,
                    "Buildpack compilation step failed: out of disk (the limit is "
                            + diskMb()
                            + " MB)");
        }
        if (exit.status() != 0) {
            throw new StagingFailure(StagingFailure.COMPILE, "Buildpack compilation step failed");
        }
    }

    private Map<String, String> release(Container container, Pack pack)
            throws StagingFailure, WardenException, InterruptedException, TimeoutException {
        if (!has(container, pack, "release")) {
            return Map.of();
        }
        var said = new StringBuilder();
        var exit =
                run(
                        container,
                        line -> said.append(line).append('\n'),
                        script(container, pack.path(), "release", APP));
        if (exit.status() != 0) {
            throw new StagingFailure(StagingFailure.RELEASE, "Release info failed:\n" + said);
        }
        try {
            var yaml = YAML.readTree(said.toString());
            return texts(yaml == null ? null : yaml.path("default_process_types"));
        } catch (JacksonException e) {
            throw new StagingFailure(
                    StagingFailure.RELEASE, "The release script's output is not YAML");
        }
    }

    /** Read after compile: a buildpack may write it. */
    private static Map<String, String> procfile(Container container)
            throws StagingFailure, IOException {
        byte[] content;
        try (var in = container.read(APP + "/Procfile")) {
            content = in.readNBytes(1 << 20);
        } catch (java.nio.file.NoSuchFileException | java.io.FileNotFoundException e) {
            return Map.of();
        }
        try {
            var yaml = YAML.readTree(content);
            if (yaml == null || !yaml.isObject()) {
                throw new StagingFailure(
                        "The Procfile is not a list of lines such as 'web: command'");
            }
            return texts(yaml);
        } catch (JacksonException e) {
            throw new StagingFailure("The Procfile is not YAML");
        }
    }

    private static Map<String, String> texts(@Nullable JsonNode node) {
        var texts = new LinkedHashMap<String, String>();
        if (node != null && node.isObject()) {
            node.propertyStream()
                    .filter(e -> e.getValue().isValueNode())
                    .forEach(e -> texts.put(e.getKey(), e.getValue().asString()));
        }
        return texts;
    }

    private void writeInfo(
            Container container,
            @Nullable String detected,
            @Nullable String start,
            Pack pack,
            Map<String, String> types)
            throws IOException {
        var info = new LinkedHashMap<String, Object>();
        info.put("detected_buildpack", detected == null ? "" : detected);
        info.put("start_command", start == null ? "" : start);
        info.put("buildpack_path", pack.path());
        info.put("effective_procfile", types);
        container.write("/tmp/staged/staging_info.yml", YAML.writeValueAsBytes(info), 0644);
        synchronized (transcript) {
            container.write("/tmp/staged/logs/staging_task.log", transcript.toByteArray(), 0644);
        }
    }

    private void upload(Container container)
            throws StagingFailure,
                    IOException,
                    WardenException,
                    InterruptedException,
                    TimeoutException {
        pack(container, "/tmp/staged", "/tmp/droplet.tgz", "droplet");
        var droplet = work.resolve("droplet.tgz");
        container.copyOut("/tmp/droplet.tgz", droplet, (long) diskMb() << 20);
        say("-----> Uploading droplet (" + Transfers.size(droplet) + ")");
        transfers.upload(request.dropletUploadUrl(), droplet, "droplet.tgz", "droplet");
        Files.delete(droplet);
        pack(container, CACHE, "/tmp/cache.tgz", "buildpack cache");
        var cache = work.resolve("cache.tgz");
        container.copyOut("/tmp/cache.tgz", cache, (long) diskMb() << 20);
        transfers.upload(request.cacheUploadUrl(), cache, "buildpack_cache.tgz", "buildpack cache");
    }

    private void pack(Container container, String folder, String archive, String what)
            throws StagingFailure, WardenException, InterruptedException, TimeoutException {
        var exit =
                run(
                        container,
                        this::say,
                        ProcessSpec.of(
                                "/bin/tar",
                                "-czf",
                                container.inside(archive),
                                "-C",
                                container.inside(folder),
                                "."));
        if (exit.status() != 0) {
            throw new StagingFailure(
                    "The "
                            + what
                            + " cannot be packed"
                            + (exit.cause() == Exit.Cause.OUT_OF_DISK || exit.status() == 2
                                    ? ": is the disk limit of " + diskMb() + " MB too small?"
                                    : ""));
        }
    }

    private ProcessSpec script(Container container, String pack, String name, String... arguments) {
        var command = new ArrayList<String>();
        command.add(container.inside(pack + "/bin/" + name));
        for (var argument : arguments) {
            command.add(argument.startsWith("/") ? container.inside(argument) : argument);
        }
        return new ProcessSpec(command, new HashMap<>(), APP);
    }

    private Exit run(
            Container container, java.util.function.Consumer<String> lines, ProcessSpec process)
            throws WardenException, InterruptedException, TimeoutException {
        var left = Duration.ofNanos(deadline - System.nanoTime());
        if (!left.isPositive()) {
            throw new TimeoutException();
        }
        return container.run(
                process,
                left,
                line -> {
                    // A script's errors always go to the log; its answers may be meant for us.
                    if (line.error()) {
                        say(line.string());
                    } else {
                        lines.accept(line.string());
                    }
                });
    }

    /** A line of the staging log: to the user at once, and into the droplet. */
    private void say(String line) {
        logs.emit(app(), Logs.STAGING, "0", Log.Type.OUT, clock.instant(), line.getBytes(UTF_8));
        synchronized (transcript) {
            if (transcript.size() < LOG_BYTES) {
                transcript.writeBytes((line + "\n").getBytes(UTF_8));
            }
        }
    }

    /** Lets containers' users pass. */
    static Path passable(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        return folder;
    }
}
