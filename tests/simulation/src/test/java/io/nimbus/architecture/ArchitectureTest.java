package io.nimbus.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The architecture, as far as class files show it. The picture is in docs/architecture.md. */
class ArchitectureTest {
    private static final JavaClasses OURS =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("io.nimbus");

    private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");

    @Test
    void every_module_has_its_rule() throws IOException {
        var pom = Files.readString(Path.of("../../pom.xml"));
        var modules =
                MODULE.matcher(pom)
                        .results()
                        .map((MatchResult found) -> found.group(1))
                        .filter(folder -> !folder.startsWith("samples/"))
                        .filter(folder -> !folder.startsWith("tests/"))
                        .toList();
        assertThat(Arrays.stream(Module.values()).map(module -> module.folder))
                .as("a new module needs a row here and a dependency in this module's pom.xml")
                .containsExactlyInAnyOrderElementsOf(modules);
    }

    @ParameterizedTest
    @EnumSource
    void a_module_knows_only_what_its_rule_allows(Module module) {
        var strangers =
                module.strangers().stream()
                        .map(stranger -> stranger.javaPackage + "..")
                        .toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage(module.javaPackage + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(strangers)
                .because(
                        "processes share messages and libraries, never code of each other, and a"
                                + " foundation rests on those below it only")
                .check(OURS);
    }

    @Test
    void only_the_bus_knows_the_client_of_the_message_bus() {
        noClasses()
                .that()
                .resideOutsideOfPackage(Module.BUS.javaPackage + "..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.nats..")
                .because("everybody else must also run on the bus in memory")
                .check(OURS);
    }

    @Test
    void the_messages_need_nothing_but_their_encodings() {
        classes()
                .that()
                .resideInAPackage(Module.NATS_SUBJECTS.javaPackage + "..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        Module.NATS_SUBJECTS.javaPackage + "..",
                        "java.lang..",
                        "java.io",
                        "java.nio",
                        "java.nio.charset",
                        "java.math",
                        "java.time..",
                        "java.util..",
                        "com.fasterxml.jackson..",
                        "tools.jackson..",
                        "com.google.protobuf..",
                        "org.jspecify..")
                .because("the contract of the bus is the wire and nothing else")
                .check(OURS);
    }

    @Test
    void decisions_do_no_io_and_start_no_thread() {
        noClasses()
                .that()
                .resideInAPackage("io.nimbus.*.policy..")
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage(
                                        "java.net..",
                                        "java.nio.file..",
                                        "java.nio.channels..",
                                        "java.sql..",
                                        "javax.sql..",
                                        "javax.net..",
                                        "io.javalin..",
                                        "io.nats..",
                                        "io.netty..",
                                        "org.jooq..",
                                        "org.slf4j..")
                                .and(not(belongToAnyOf(URI.class, URISyntaxException.class)))
                                .or(
                                        belongToAnyOf(
                                                Thread.class,
                                                Process.class,
                                                ProcessBuilder.class,
                                                Executor.class,
                                                CompletableFuture.class,
                                                ThreadLocalRandom.class)))
                .because("what decides is a function of state, event and time; the shell acts")
                .check(OURS);
    }

    @Test
    void decisions_know_only_messages_and_themselves() {
        for (var module : Module.values()) {
            var policy = module.javaPackage + ".policy..";
            noClasses()
                    .that()
                    .resideInAPackage(policy)
                    .should()
                    .dependOnClassesThat(
                            resideInAPackage("io.nimbus..")
                                    .and(not(resideInAPackage(policy)))
                                    .and(
                                            not(
                                                    resideInAPackage(
                                                            Module.NATS_SUBJECTS.javaPackage
                                                                    + ".."))))
                    .because("the simulation runs them without the process around them")
                    .allowEmptyShould(true)
                    .check(OURS);
        }
    }

    @Test
    void decisions_are_told_the_time_and_their_chances() {
        noClasses()
                .that()
                .resideInAPackage("io.nimbus.*.policy..")
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(LocalDateTime.class, "now")
                .orShould()
                .callMethod(Clock.class, "systemUTC")
                .orShould()
                .callMethod(UUID.class, "randomUUID")
                .orShould()
                .callMethod(Math.class, "random")
                .because("a seed must replay them")
                .check(OURS);
    }

    @Test
    void in_the_controller_only_its_rest_engine_knows_the_web_server() {
        noClasses()
                .that()
                .resideInAPackage(Module.CLOUD_CONTROLLER.javaPackage + "..")
                .and()
                .resideOutsideOfPackage(Module.CLOUD_CONTROLLER.javaPackage + ".rest..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.javalin..")
                .because("resources are declared, and the engine serves them")
                .check(OURS);
    }

    /** That the rules look at something: each process with decisions of its own is there. */
    @Test
    void the_decisions_are_found() {
        assertThat(List.of("uaa", "cloudcontroller", "stager", "dea", "healthmanager", "router"))
                .allSatisfy(process ->
                        assertThat(
                                        OURS.that(
                                                resideInAPackage(
                                                        "io.nimbus." + process + ".policy..")))
                                .isNotEmpty());
    }
}
