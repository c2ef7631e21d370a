package io.nimbus.warden;

/** Something that a backend may keep apart or limit. */
public enum Capability {
    /** A root file system of its own: nothing of the host's files but what is mounted. */
    FILE_SYSTEM("apps see the host's files"),
    /** Processes see and signal only those of their container. */
    PROCESSES("apps see each other's processes"),
    /** A user without any right on the host, another one per container. */
    USER("apps run as the same user as this process"),
    /** A network of its own. */
    NETWORK("apps share the host's network and must listen on the port they are given"),
    /** Egress rules are enforced. */
    EGRESS("security groups have no effect: apps may connect anywhere"),
    /** The kernel enforces the memory limit; otherwise it is looked after each second. */
    MEMORY("memory limits are looked after each second, not enforced by the kernel"),
    /** Processor time is shared by weight. */
    CPU("processor time is not shared by weight"),
    /** The number of processes is limited. */
    PIDS("the number of processes is not limited"),
    /** The disk limit is enforced; otherwise it is looked after every few seconds. */
    DISK("disk limits are looked after every few seconds, not enforced by the kernel"),
    /** Dangerous system calls are filtered. */
    SYSTEM_CALLS("system calls are not filtered");

    private final String missing;

    Capability(String missing) {
        this.missing = missing;
    }

    /** What it means for apps when a backend lacks this. */
    public String missing() {
        return missing;
    }
}
