package io.nimbus.warden;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** What the OCI runtime is told about a container. */
final class Bundle {
    /**
     * The container's first process. The kernel protects it from signals of its own container and
     * gives it orphans to bury, which apps do not expect: so it is a shell that runs the app as a
     * child, and ends with its status. What it would say itself is nobody's business.
     */
    private static final String FIRST =
            "exec 3>&2 2>/dev/null; (exec 2>&3 3>&-; exec \"$@\"); exit $?";

    private static final List<String> MASKED =
            List.of(
                    "/proc/acpi",
                    "/proc/asound",
                    "/proc/config.gz",
                    "/proc/kallsyms",
                    "/proc/kcore",
                    "/proc/keys",
                    "/proc/latency_stats",
                    "/proc/modules",
                    "/proc/sched_debug",
                    "/proc/scsi",
                    "/proc/timer_list",
                    "/proc/timer_stats",
                    "/sys/firmware");
    private static final List<String> READ_ONLY =
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

    /**
     * @param root the mounted root file system
     * @param usr whether the host's programs are mounted into it
     * @param network file of the network namespace
     */
    record Place(Path root, boolean usr, Path network, String group, int user, int files) {}

    private final Cgroups cgroups;
    private final Map<String, Object> seccomp = Seccomp.configuration();

    Bundle(Cgroups cgroups) {
        this.cgroups = cgroups;
    }

    void write(
            Path folder, ContainerSpec spec, ProcessSpec process, Place place, Variables variables)
            throws IOException {
        // Fresh each time: conmon leaves its pipes.
        Trees.delete(folder);
        Files.createDirectory(
                folder,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.write(
                folder.resolve("config.json"),
                JsonMapper.shared()
                        .writeValueAsBytes(configuration(spec, process, place, variables)));
    }

    private Map<String, Object> configuration(
            ContainerSpec spec, ProcessSpec process, Place place, Variables variables) {
        var name = spec.handle();
        return Map.of(
                "ociVersion", "1.0.2",
                "hostname", name.substring(0, Math.min(63, name.length())),
                "root", Map.of("path", place.root().toString(), "readonly", false),
                "process", process(process, place, variables),
                "mounts", mounts(spec, place),
                "linux", linux(spec, place));
    }

    private static Map<String, Object> process(
            ProcessSpec process, Place place, Variables variables) {
        var arguments = new ArrayList<>(List.of("/bin/sh", "-c", FIRST, "sh"));
        if (!variables.unsayable().isEmpty()) {
            // A shell passes only those on that it can say itself.
            arguments.add("/usr/bin/env");
            arguments.addAll(variables.unsayable());
        }
        arguments.addAll(process.command());
        return Map.of(
                "terminal", false,
                "user", Map.of("uid", place.user(), "gid", place.user()),
                "args", arguments,
                "env", variables.sayable(),
                "cwd", process.folder(),
                "noNewPrivileges", true,
                "capabilities",
                        Map.of(
                                "bounding", List.of(),
                                "effective", List.of(),
                                "inheritable", List.of(),
                                "permitted", List.of(),
                                "ambient", List.of()),
                "rlimits", List.of(limit("RLIMIT_NOFILE", place.files()), limit("RLIMIT_CORE", 0)));
    }

    private static Map<String, Object> limit(String type, int value) {
        return Map.of("type", type, "hard", value, "soft", value);
    }

    private static List<Map<String, Object>> mounts(ContainerSpec spec, Place place) {
        var mounts = new ArrayList<Map<String, Object>>();
        mounts.add(mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"));
        mounts.add(
                mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=64k"));
        mounts.add(
                mount(
                        "/dev/pts",
                        "devpts",
                        "devpts",
                        "nosuid",
                        "noexec",
                        "newinstance",
                        "ptmxmode=0666",
                        "mode=0620",
                        "gid=5"));
        mounts.add(
                mount(
                        "/dev/shm",
                        "tmpfs",
                        "shm",
                        "nosuid",
                        "noexec",
                        "nodev",
                        "mode=1777",
                        "size=64m"));
        if (place.usr()) {
            mounts.add(mount("/usr", "bind", "/usr", "rbind", "ro", "nosuid", "nodev"));
        }
        // Without it virtual machines take the host's memory for theirs.
        mounts.add(
                mount(
                        "/sys/fs/cgroup",
                        "cgroup",
                        "cgroup",
                        "ro",
                        "nosuid",
                        "noexec",
                        "nodev",
                        "relatime"));
        for (var mount : spec.mounts()) {
            mounts.add(
                    mount(
                            mount.target(),
                            "bind",
                            mount.source().toString(),
                            "rbind",
                            mount.writable() ? "rw" : "ro",
                            "nosuid",
                            "nodev"));
        }
        return mounts;
    }

    private static Map<String, Object> mount(
            String target, String type, String source, String... options) {
        return Map.of(
                "destination", target, "type", type, "source", source, "options", List.of(options));
    }

    private Map<String, Object> linux(ContainerSpec spec, Place place) {
        var namespaces = new ArrayList<Map<String, Object>>();
        for (var type : List.of("pid", "mount", "ipc", "uts")) {
            namespaces.add(Map.of("type", type));
        }
        namespaces.add(Map.of("type", "network", "path", place.network().toString()));
        if (cgroups.isSecond()) {
            // Else the one tree would show the host's groups.
            namespaces.add(Map.of("type", "cgroup"));
        }
        var linux = new LinkedHashMap<String, Object>();
        linux.put("namespaces", namespaces);
        linux.put("cgroupsPath", place.group());
        linux.put("resources", resources(spec.limits()));
        linux.put("seccomp", seccomp);
        linux.put("maskedPaths", MASKED);
        linux.put("readonlyPaths", READ_ONLY);
        return linux;
    }

    private Map<String, Object> resources(ContainerLimits limits) {
        var resources = new LinkedHashMap<String, Object>();
        // The runtime itself allows the standard ones.
        resources.put("devices", List.of(Map.of("allow", false, "access", "rwm")));
        if (limits.memoryBytes() > 0) {
            resources.put(
                    "memory",
                    cgroups.limitsSwap()
                            ? Map.of("limit", limits.memoryBytes(), "swap", limits.memoryBytes())
                            : Map.of("limit", limits.memoryBytes()));
        }
        if (limits.cpuShares() > 0) {
            resources.put("cpu", Map.of("shares", Math.max(2, limits.cpuShares())));
        }
        if (limits.pids() > 0) {
            // One more for the first process, which is ours.
            resources.put("pids", Map.of("limit", limits.pids() + 1));
        }
        return resources;
    }
}
