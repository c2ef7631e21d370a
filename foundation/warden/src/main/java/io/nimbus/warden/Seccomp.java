package io.nimbus.warden;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Which system calls a container may make: the profile that the distribution maintains for
 * containers, read for a process without capabilities, less what would open the kernel's less
 * walked parts to it (namespaces, mounts, keys). Where that profile is not installed, only a short
 * list is denied.
 */
final class Seccomp {
    static final Path PROFILE = Path.of("/usr/share/containers/seccomp.json");

    private static final int EPERM = 1;
    private static final int ENOSYS = 38;

    /** Flags of clone that make namespaces. */
    private static final long NEW_NAMESPACES = 0x7E020000L;

    /** Denied whatever a profile says. */
    private static final Set<String> DENIED =
            Set.of(
                    "add_key",
                    "bpf",
                    "chroot",
                    "fanotify_init",
                    "fsconfig",
                    "fsmount",
                    "fsopen",
                    "fspick",
                    "keyctl",
                    "kexec_file_load",
                    "kexec_load",
                    "mount",
                    "mount_setattr",
                    "move_mount",
                    "name_to_handle_at",
                    "open_by_handle_at",
                    "open_tree",
                    "perf_event_open",
                    "pivot_root",
                    "quotactl",
                    "reboot",
                    "request_key",
                    "setns",
                    "swapoff",
                    "swapon",
                    "umount",
                    "umount2",
                    "unshare",
                    "userfaultfd",
                    "init_module",
                    "finit_module",
                    "delete_module",
                    "acct",
                    "settimeofday",
                    "clock_settime",
                    "iopl",
                    "ioperm",
                    "syslog",
                    "vhangup");

    private Seccomp() {}

    /** The part of an OCI configuration named {@code linux.seccomp}. */
    static Map<String, Object> configuration() {
        try {
            return translate(JsonMapper.shared().readTree(Files.readString(PROFILE)));
        } catch (IOException | JacksonException e) {
            return denyList();
        }
    }

    static boolean hasProfile() {
        return Files.isReadable(PROFILE);
    }

    static Map<String, Object> denyList() {
        var rules = new ArrayList<Map<String, Object>>();
        rules.add(deny());
        rules.add(rule(Set.of("clone3"), "SCMP_ACT_ERRNO", ENOSYS));
        var clone = rule(Set.of("clone"), "SCMP_ACT_ERRNO", EPERM);
        // Any of the flags: one rule each, since a rule can only compare.
        rules.addAll(cloneDenials(clone));
        return profile("SCMP_ACT_ALLOW", -1, architectures(List.of()), rules);
    }

    private static List<Map<String, Object>> cloneDenials(Map<String, Object> clone) {
        var rules = new ArrayList<Map<String, Object>>();
        for (long flag = 1; flag <= NEW_NAMESPACES; flag <<= 1) {
            if ((flag & NEW_NAMESPACES) != 0) {
                var rule = new LinkedHashMap<>(clone);
                rule.put("args", List.of(argument(flag, flag)));
                rules.add(rule);
            }
        }
        return rules;
    }

    private static Map<String, Object> argument(long mask, long value) {
        return Map.of("index", 0, "value", mask, "valueTwo", value, "op", "SCMP_CMP_MASKED_EQ");
    }

    private static Map<String, Object> deny() {
        return rule(DENIED, "SCMP_ACT_ERRNO", EPERM);
    }

    private static Map<String, Object> rule(Set<String> names, String action, int error) {
        var rule = new LinkedHashMap<String, Object>();
        rule.put("names", names.stream().sorted().toList());
        rule.put("action", action);
        if (error >= 0) {
            rule.put("errnoRet", error);
        }
        return rule;
    }

    private static Map<String, Object> profile(
            String fallback, int error, List<String> architectures, List<?> rules) {
        var profile = new LinkedHashMap<String, Object>();
        profile.put("defaultAction", fallback);
        if (error >= 0) {
            profile.put("defaultErrnoRet", error);
        }
        profile.put("architectures", architectures);
        profile.put("syscalls", rules);
        return profile;
    }

    /** From the form that container engines read into the one that OCI runtimes do. */
    static Map<String, Object> translate(JsonNode tree) {
        var rules = new ArrayList<Map<String, Object>>();
        rules.add(deny());
        rules.add(rule(Set.of("clone3"), "SCMP_ACT_ERRNO", ENOSYS));
        var clone = rule(Set.of("clone"), "SCMP_ACT_ALLOW", -1);
        clone.put("args", List.of(argument(NEW_NAMESPACES, 0)));
        rules.add(clone);
        var decided = new HashSet<>(DENIED);
        decided.add("clone");
        decided.add("clone3");
        for (var entry : tree.path("syscalls")) {
            if (!applies(entry)) {
                continue;
            }
            var names = new ArrayList<String>();
            for (var name : entry.path("names")) {
                if (!decided.contains(name.asString())) {
                    names.add(name.asString());
                }
            }
            if (names.isEmpty()) {
                continue;
            }
            var rule = new LinkedHashMap<String, Object>();
            rule.put("names", names);
            rule.put("action", entry.path("action").asString());
            if (entry.has("errnoRet")) {
                rule.put("errnoRet", entry.path("errnoRet").asInt());
            }
            if (!entry.path("args").isEmpty()) {
                rule.put("args", JsonMapper.shared().treeToValue(entry.path("args"), List.class));
            }
            rules.add(rule);
        }
        return profile(
                tree.path("defaultAction").asString(),
                tree.path("defaultErrnoRet").asInt(EPERM),
                architectures(subArchitectures(tree)),
                rules);
    }

    /** For a process without capabilities on this machine. */
    private static boolean applies(JsonNode entry) {
        var includes = entry.path("includes");
        if (!includes.path("caps").isEmpty()) {
            return false;
        }
        var architectures = new HashSet<String>();
        includes.path("arches").forEach(a -> architectures.add(a.asString()));
        return (architectures.isEmpty() || architectures.contains(architecture()))
                && !contains(entry.path("excludes").path("arches"), architecture());
    }

    private static boolean contains(JsonNode list, String text) {
        for (var item : list) {
            if (item.asString().equals(text)) {
                return true;
            }
        }
        return false;
    }

    private static List<String> subArchitectures(JsonNode tree) {
        var found = new ArrayList<String>();
        for (var entry : tree.path("archMap")) {
            if (entry.path("architecture").asString().equals(nativeArchitecture())) {
                entry.path("subArchitectures").forEach(a -> found.add(a.asString()));
            }
        }
        return found;
    }

    private static List<String> architectures(List<String> more) {
        var all = new ArrayList<String>();
        all.add(nativeArchitecture());
        all.addAll(more);
        return all;
    }

    private static String architecture() {
        var name = System.getProperty("os.arch", "");
        return name.equals("aarch64") ? "arm64" : name;
    }

    private static String nativeArchitecture() {
        return architecture().equals("arm64") ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64";
    }
}
