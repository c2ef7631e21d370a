package io.nimbus.cloudcontroller.apps;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static org.jooq.impl.DSL.val;
import static org.jooq.impl.DSL.when;

import io.nimbus.bus.BusUnavailableException;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.errors.CloudException;
import io.nimbus.cloudcontroller.policy.AppPolicy;
import io.nimbus.cloudcontroller.policy.AppPolicy.Reaction;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.running.AppLog;
import io.nimbus.cloudcontroller.running.Deas;
import io.nimbus.cloudcontroller.running.RunnableApp;
import io.nimbus.cloudcontroller.running.RunnableApps;
import io.nimbus.cloudcontroller.staging.Staging;
import io.nimbus.database.Database;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells DEAs and stagers what a stored change of an app asks for. When an app cannot be started or
 * scaled up, the wish is taken back, so that the row does not promise what the caller was just told
 * is impossible.
 */
public final class AppReactions {
    private static final Logger log = LoggerFactory.getLogger(AppReactions.class);

    /** The response header with the address of the staging log. */
    private static final String STAGING_LOG = "X-App-Staging-Log";

    private final Database database;
    private final RunnableApps apps;
    private final Deas deas;
    private final Staging staging;
    private final AppLog appLog;

    public AppReactions(
            Database database, RunnableApps apps, Deas deas, Staging staging, AppLog appLog) {
        this.database = database;
        this.apps = apps;
        this.deas = deas;
        this.staging = staging;
        this.appLog = appLog;
    }

    /** Once the change is committed. */
    void follow(Change change, AppPolicy.App before, AppPolicy.App after) {
        var reaction = AppPolicy.reaction(before, after);
        var guid = change.guid();
        var version = change.need(APPS.VERSION);
        var told = !before.equals(after) && (before.started() || after.started());
        change.afterCommit(headers -> {
            try {
                say(change, guid, before, after);
                react(guid, version, reaction, headers);
            } catch (CloudException | BusUnavailableException e) {
                log.info("app {}: taken back: {}", guid, e.getMessage());
                takeBack(guid, version, before);
                throw e;
            } finally {
                if (told) {
                    deas.changed(guid);
                }
            }
        });
    }

    /**
     * An envelope of the app exists from its first day on: log readers wait for one before they
     * show any.
     */
    private void say(Change change, String guid, AppPolicy.App before, AppPolicy.App after) {
        var id = change.guid();
        if (change.isCreating()) {
            appLog.say(guid, "Created app with guid " + id);
        } else if (before.started() != after.started()) {
            appLog.say(
                    guid,
                    "Updated app with guid "
                            + id
                            + " to "
                            + (after.started() ? "STARTED" : "STOPPED"));
        } else if (before.instances() != after.instances()) {
            appLog.say(
                    guid,
                    "Updated app with guid " + id + " to " + after.instances() + " instances");
        }
    }

    private void react(String guid, String version, Reaction reaction, Change.Headers headers) {
        switch (reaction) {
            case Reaction.Nothing() -> {}
            case Reaction.Stage() ->
                    staging.stage(guid).ifPresent(log -> headers.set(STAGING_LOG, log));
            case Reaction.Start(var indices) -> deas.start(app(guid), indices);
            case Reaction.Stop(var indices) -> deas.stop(guid, version, indices);
            case Reaction.StopAll() -> {
                staging.stop(guid);
                deas.stop(guid);
            }
        }
    }

    RunnableApp app(String guid) {
        return database.read(dsl -> apps.find(dsl, guid))
                .orElseThrow(() -> CloudError.APP_NOT_FOUND.of(guid));
    }

    /** Unless somebody has changed it again since. */
    private void takeBack(String guid, String version, AppPolicy.App before) {
        database.read(dsl ->
                dsl.update(APPS)
                        .set(APPS.STATE, before.started() ? "STARTED" : "STOPPED")
                        .set(
                                APPS.INSTANCES,
                                when(
                                                APPS.INSTANCES
                                                        .gt(before.instances())
                                                        .and(val(before.started())),
                                                before.instances())
                                        .otherwise(APPS.INSTANCES))
                        .where(APPS.GUID.eq(guid))
                        .and(APPS.VERSION.eq(version))
                        .and(APPS.STATE.eq("STARTED"))
                        .execute());
    }

    /** The row is gone. */
    void gone(Change change) {
        var guid = change.guid();
        change.afterCommit(headers -> {
            staging.stop(guid);
            deas.stop(guid);
            deas.changed(guid);
        });
    }

    /** Stages the app anew, whatever it runs now. */
    void restage(String guid, Change.Headers headers) {
        deas.stop(guid);
        try {
            staging.stage(guid).ifPresent(address -> headers.set(STAGING_LOG, address));
        } catch (CloudException | BusUnavailableException e) {
            database.read(dsl ->
                    dsl.update(APPS)
                            .set(APPS.STATE, "STOPPED")
                            .where(APPS.GUID.eq(guid))
                            .and(APPS.PACKAGE_STATE.ne("STAGED"))
                            .execute());
            throw e;
        } finally {
            deas.changed(guid);
        }
    }
}
