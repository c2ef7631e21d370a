package io.nimbus.cloudcontroller.staging;

import static io.nimbus.cloudcontroller.ccdb.Tables.BUILDPACKS;

import io.nimbus.cloudcontroller.blobstore.Blobstore;
import io.nimbus.cloudcontroller.blobstore.Blobstores;
import io.nimbus.cloudcontroller.ccdb.tables.records.BuildpacksRecord;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.running.Addresses;
import io.nimbus.cloudcontroller.running.Messages;
import io.nimbus.cloudcontroller.running.RunnableApp;
import io.nimbus.subjects.StagingStart;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;

/** Makes the request to stage an app. */
final class StagingRequests {
    /** What stands for the address of a buildpack instead of an installed one's name. */
    private static final Pattern ADDRESS =
            Pattern.compile("(https?|git|ssh)://.+|[\\w.-]+@[\\w.-]+:.+");

    private final Messages messages;
    private final Addresses addresses;
    private final Blobstore caches;
    private final StagingConfig config;

    StagingRequests(
            Messages messages, Addresses addresses, Blobstore caches, StagingConfig config) {
        this.messages = messages;
        this.addresses = addresses;
        this.caches = caches;
        this.config = config;
    }

    static boolean isAddress(String buildpack) {
        return ADDRESS.matcher(buildpack).matches();
    }

    /** The installed buildpacks that may be used for a stack, in order. */
    static List<BuildpacksRecord> installed(DSLContext dsl, String stack) {
        return dsl.selectFrom(BUILDPACKS)
                .where(BUILDPACKS.KEY.isNotNull())
                .and(BUILDPACKS.STACK.isNull().or(BUILDPACKS.STACK.eq(stack)))
                .orderBy(BUILDPACKS.POSITION, BUILDPACKS.ID)
                .fetch();
    }

    /**
     * @throws io.nimbus.cloudcontroller.errors.CloudException when it is clear that staging cannot
     *     succeed
     */
    StagingStart request(RunnableApp app, String task, List<BuildpacksRecord> installed) {
        if (app.packageHash() == null) {
            throw CloudError.APP_PACKAGE_INVALID.of("the app has no bits");
        }
        var named = new ArrayList<StagingStart.NamedBuildpack>();
        var offered = new ArrayList<StagingStart.Buildpack>();
        for (var buildpack : installed) {
            if (buildpack.getEnabled()) {
                offered.add(offer(buildpack));
            }
        }
        for (var name : app.buildpacks()) {
            if (isAddress(name)) {
                if (!config.customBuildpacks()) {
                    throw CloudError.CUSTOM_BUILDPACKS_DISABLED.of();
                }
                named.add(new StagingStart.NamedBuildpack(name, null, name));
                continue;
            }
            var known = named(installed, name);
            if (known.isEmpty()) {
                throw CloudError.STAGING_ERROR.of("the buildpack " + name + " is not installed");
            }
            named.add(new StagingStart.NamedBuildpack(name, known.get().getKey(), null));
            if (!known.get().getEnabled()) {
                // Named by the user, so it is fetched; it takes no part in detection, which is not
                // run.
                offered.add(offer(known.get()));
            }
        }
        if (offered.isEmpty() && named.stream().noneMatch(pack -> pack.url() != null)) {
            throw CloudError.NO_BUILDPACKS_FOUND.of();
        }
        return new StagingStart(
                app.guid(),
                task,
                properties(app, named),
                addresses.packageOf(app.guid()),
                addresses.dropletUpload(app.guid(), task),
                hasCache(app) ? addresses.cacheDownload(app.guid()) : null,
                addresses.cacheUpload(app.guid()),
                messages.start(app, 0, null),
                offered,
                app.stagingRules(),
                app.stack(),
                memoryMb(app),
                diskMb(app),
                addresses.completion(app.guid()));
    }

    int memoryMb(RunnableApp app) {
        return Math.max(app.memoryMb(), config.minimumMemoryMb());
    }

    int diskMb(RunnableApp app) {
        return Math.max(app.diskMb(), config.minimumDiskMb());
    }

    private static Optional<BuildpacksRecord> named(List<BuildpacksRecord> installed, String name) {
        return installed.stream().filter(buildpack -> buildpack.getName().equals(name)).findFirst();
    }

    private StagingStart.Buildpack offer(BuildpacksRecord buildpack) {
        return new StagingStart.Buildpack(
                Objects.requireNonNull(buildpack.getKey()),
                addresses.buildpack(buildpack.getGuid()));
    }

    private static StagingStart.Properties properties(
            RunnableApp app, List<StagingStart.NamedBuildpack> named) {
        var only = named.size() == 1 ? named.getFirst() : null;
        var meta = new LinkedHashMap<String, Object>();
        if (app.command() != null) {
            meta.put("command", app.command());
        }
        return new StagingStart.Properties(
                app.services(),
                new StagingStart.Resources(app.memoryMb(), app.diskMb(), app.files()),
                Messages.lines(environment(app)),
                meta,
                only == null ? null : only.url(),
                only == null ? null : only.url(),
                only == null ? null : only.key(),
                named);
    }

    static Map<String, @Nullable Object> environment(RunnableApp app) {
        var environment = new LinkedHashMap<String, @Nullable Object>(app.stagingEnvironment());
        environment.putAll(app.environment());
        environment.put("CF_STACK", app.stack());
        return environment;
    }

    private boolean hasCache(RunnableApp app) {
        try {
            return caches.has(Blobstores.cache(app.guid(), app.stack()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
