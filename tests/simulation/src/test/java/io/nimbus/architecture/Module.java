package io.nimbus.architecture;

import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;

/** Every module with code of ours, and which others it may know directly; what these know, too. */
enum Module {
    NATS_SUBJECTS("nats-subjects", "subjects"),
    BUS("foundation/bus", "bus", NATS_SUBJECTS),
    COMPONENT("foundation/component", "component", BUS),
    DATABASE("foundation/database", "database", COMPONENT),
    TOKENS("foundation/tokens", "tokens", COMPONENT),
    SERVERS("foundation/servers", "servers"),
    WARDEN("foundation/warden", "warden"),
    UAA("uaa", "uaa", COMPONENT, DATABASE, TOKENS),
    CLOUD_CONTROLLER("cloud-controller", "cloudcontroller", COMPONENT, DATABASE, TOKENS),
    STAGER("stager", "stager", COMPONENT, WARDEN),
    DEA_AGENT("dea-agent", "dea", COMPONENT, WARDEN),
    HEALTH_MANAGER("health-manager", "healthmanager", COMPONENT),
    ROUTER("router", "router", COMPONENT),
    LOGGREGATOR("loggregator", "loggregator", COMPONENT, TOKENS),
    CLI("cli", "cli"),
    LAUNCHER("launcher", "launcher", SERVERS, NATS_SUBJECTS);

    /** Where it is, as the parent's pom.xml names it. */
    final String folder;

    final String javaPackage;
    private final Set<Module> knows = new HashSet<>();

    Module(String folder, String name, Module... knows) {
        this.folder = folder;
        this.javaPackage = "io.nimbus." + name;
        for (var known : knows) {
            this.knows.add(known);
            this.knows.addAll(known.knows);
        }
    }

    Collection<Module> strangers() {
        var strangers = EnumSet.allOf(Module.class);
        strangers.remove(this);
        strangers.removeAll(knows);
        return strangers;
    }
}
