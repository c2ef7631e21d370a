package io.nimbus.cloudcontroller.bootstrap;

import static io.nimbus.cloudcontroller.ccdb.Tables.BUILDPACKS;
import static io.nimbus.cloudcontroller.ccdb.Tables.DOMAINS;
import static io.nimbus.cloudcontroller.ccdb.Tables.LOCKINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.QUOTA_DEFINITIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SECURITY_GROUPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.STACKS;
import static org.jooq.JSONB.jsonb;
import static org.jooq.impl.DSL.coalesce;
import static org.jooq.impl.DSL.lower;
import static org.jooq.impl.DSL.max;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.val;

import io.nimbus.cloudcontroller.blobstore.Blobstore;
import io.nimbus.cloudcontroller.errors.CloudException;
import io.nimbus.cloudcontroller.rest.Json;
import io.nimbus.component.Component;
import io.nimbus.database.Database;
import io.nimbus.database.DatabaseUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jooq.DSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the rows that every installation begins with, as soon as the database is there. Any number
 * of controllers may do it at once: they take turns, and what is there already is left as it is,
 * save buildpacks whose zip changed.
 */
public final class Bootstrap implements Component {
    private static final Logger log = LoggerFactory.getLogger(Bootstrap.class);
    private static final Duration RETRY = Duration.ofMillis(200);

    private final Database database;
    private final Blobstore buildpacks;
    private final BootstrapConfig config;
    private final Supplier<String> guids;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean done;

    public Bootstrap(
            Database database,
            Blobstore buildpacks,
            BootstrapConfig config,
            Supplier<String> guids) {
        this.database = database;
        this.buildpacks = buildpacks;
        this.config = config;
        this.guids = guids;
    }

    /** What is missing, for {@code /healthz}. */
    public Optional<String> fault() {
        return done ? Optional.empty() : Optional.of("the first rows are not made yet");
    }

    @Override
    public void start() {
        Thread.ofVirtual()
                .name("bootstrap")
                .start(() -> {
                    var said = "";
                    while (!closed.get() && !done) {
                        try {
                            if (database.isReady()) {
                                database.inTransaction(this::rows);
                                install();
                                done = true;
                                return;
                            }
                        } catch (DatabaseUnavailableException | IOException | CloudException e) {
                            var message = String.valueOf(e.getMessage());
                            if (!said.equals(message)) {
                                log.warn("cannot make the first rows, trying on: {}", message);
                                said = message;
                            }
                        }
                        try {
                            Thread.sleep(RETRY);
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                            return;
                        }
                    }
                });
    }

    private static void lock(DSLContext tx) {
        tx.select(LOCKINGS.NAME).from(LOCKINGS).where(LOCKINGS.NAME.eq("seed")).forUpdate().fetch();
    }

    private void rows(DSLContext tx) {
        lock(tx);
        quota(tx);
        organization(tx);
        domain(tx);
        config.stacks().forEach(stack -> stack(tx, stack));
        config.securityGroups().forEach(group -> securityGroup(tx, group));
    }

    private void quota(DSLContext tx) {
        var quota = config.quota();
        if (!tx.fetchExists(
                QUOTA_DEFINITIONS,
                lower(QUOTA_DEFINITIONS.NAME).eq(quota.name().toLowerCase(Locale.ROOT)))) {
            tx.insertInto(QUOTA_DEFINITIONS)
                    .set(QUOTA_DEFINITIONS.GUID, guids.get())
                    .set(QUOTA_DEFINITIONS.NAME, quota.name())
                    .set(QUOTA_DEFINITIONS.NON_BASIC_SERVICES_ALLOWED, true)
                    .set(QUOTA_DEFINITIONS.TOTAL_SERVICES, quota.totalServices())
                    .set(QUOTA_DEFINITIONS.TOTAL_ROUTES, quota.totalRoutes())
                    .set(QUOTA_DEFINITIONS.MEMORY_LIMIT, quota.memoryLimitMb())
                    .set(QUOTA_DEFINITIONS.INSTANCE_MEMORY_LIMIT, quota.instanceMemoryLimitMb())
                    .set(QUOTA_DEFINITIONS.APP_INSTANCE_LIMIT, quota.appInstanceLimit())
                    .execute();
            log.info("made the quota {}", quota.name());
        }
    }

    private void organization(DSLContext tx) {
        var name = config.organization();
        if (name == null
                || tx.fetchExists(
                        ORGANIZATIONS,
                        lower(ORGANIZATIONS.NAME).eq(name.toLowerCase(Locale.ROOT)))) {
            return;
        }
        tx.insertInto(ORGANIZATIONS)
                .set(ORGANIZATIONS.GUID, guids.get())
                .set(ORGANIZATIONS.NAME, name)
                .set(
                        ORGANIZATIONS.QUOTA_DEFINITION_GUID,
                        select(QUOTA_DEFINITIONS.GUID)
                                .from(QUOTA_DEFINITIONS)
                                .where(
                                        lower(QUOTA_DEFINITIONS.NAME)
                                                .eq(
                                                        config.quota()
                                                                .name()
                                                                .toLowerCase(Locale.ROOT))))
                .execute();
        log.info("made the organization {}", name);
    }

    private void domain(DSLContext tx) {
        var name = config.domain().toLowerCase(Locale.ROOT);
        if (!tx.fetchExists(DOMAINS, lower(DOMAINS.NAME).eq(name))) {
            tx.insertInto(DOMAINS).set(DOMAINS.GUID, guids.get()).set(DOMAINS.NAME, name).execute();
            log.info("made the shared domain {}", name);
        }
    }

    private void stack(DSLContext tx, BootstrapConfig.Stack stack) {
        tx.insertInto(STACKS)
                .set(STACKS.GUID, guids.get())
                .set(STACKS.NAME, stack.name())
                .set(STACKS.DESCRIPTION, stack.description())
                .onConflict(STACKS.NAME)
                .doUpdate()
                .set(STACKS.DESCRIPTION, stack.description())
                .execute();
    }

    private void securityGroup(DSLContext tx, BootstrapConfig.SecurityGroup group) {
        if (!tx.fetchExists(SECURITY_GROUPS, SECURITY_GROUPS.NAME.eq(group.name()))) {
            tx.insertInto(SECURITY_GROUPS)
                    .set(SECURITY_GROUPS.GUID, guids.get())
                    .set(SECURITY_GROUPS.NAME, group.name())
                    .set(SECURITY_GROUPS.RULES, jsonb(Json.write(group.rules())))
                    .set(SECURITY_GROUPS.RUNNING_DEFAULT, group.running())
                    .set(SECURITY_GROUPS.STAGING_DEFAULT, group.staging())
                    .execute();
            log.info("made the security group {}", group.name());
        }
    }

    // --- Buildpacks
    // ----------------------------------------------------------------------------------

    private void install() throws IOException {
        var folder = config.buildpacks();
        if (folder == null) {
            return;
        }
        List<Path> zips;
        try (var files = Files.list(folder)) {
            zips = ordered(files).toList();
        }
        for (var zip : zips) {
            install(name(zip), zip);
        }
    }

    private Stream<Path> ordered(Stream<Path> files) {
        return files.filter(file -> file.getFileName().toString().endsWith(".zip"))
                .sorted((a, b) -> {
                    var first =
                            Integer.compareUnsigned(
                                    config.buildpackOrder().indexOf(name(a)),
                                    config.buildpackOrder().indexOf(name(b)));
                    return first != 0 ? first : a.getFileName().compareTo(b.getFileName());
                });
    }

    /** {@code 2-java.zip} is the buildpack java: the number is for the order only. */
    private static String name(Path zip) {
        return zip.getFileName()
                .toString()
                .replaceFirst("\\.zip$", "")
                .replaceFirst("^\\d+-", "");
    }

    private void install(String name, Path zip) throws IOException {
        if (!name.matches("[\\w-]{1,255}")) {
            log.warn(
                    "{} is not installed: a buildpack's name is made of letters, digits, _ and -",
                    zip);
            return;
        }
        try (var in = Files.newInputStream(zip);
                var received = buildpacks.receive(in, Long.MAX_VALUE)) {
            var key =
                    database.transaction(tx -> {
                        lock(tx);
                        return row(tx, name, zip, received);
                    });
            if (!buildpacks.has(key)) {
                received.store(key);
            }
        }
    }

    /** The key under which the blob of the row is, or is to be. */
    private String row(DSLContext tx, String name, Path zip, Blobstore.Received received) {
        var row =
                tx.selectFrom(BUILDPACKS)
                        .where(BUILDPACKS.NAME.eq(name))
                        .and(BUILDPACKS.STACK.isNull())
                        .forUpdate()
                        .fetchOne();
        if (row == null) {
            var guid = guids.get();
            var key = guid + "_" + received.sha1();
            tx.insertInto(BUILDPACKS)
                    .set(BUILDPACKS.GUID, guid)
                    .set(BUILDPACKS.NAME, name)
                    .set(
                            BUILDPACKS.POSITION,
                            select(coalesce(max(BUILDPACKS.POSITION), val(0)).plus(1))
                                    .from(BUILDPACKS))
                    .set(BUILDPACKS.FILENAME, zip.getFileName().toString())
                    .set(BUILDPACKS.KEY, key)
                    .set(BUILDPACKS.SHA256, received.sha256())
                    .execute();
            log.info("installed the buildpack {}", name);
            return key;
        }
        var key = row.getGuid() + "_" + received.sha1();
        if (row.getLocked() && row.getKey() != null) {
            return row.getKey();
        }
        if (!key.equals(row.getKey())) {
            row.setKey(key);
            row.setSha256(received.sha256());
            row.setFilename(zip.getFileName().toString());
            row.update();
            log.info("updated the buildpack {}", name);
        }
        return key;
    }

    @Override
    public void close() {
        closed.set(true);
    }
}
