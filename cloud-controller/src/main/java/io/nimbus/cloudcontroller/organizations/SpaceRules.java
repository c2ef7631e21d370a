package io.nimbus.cloudcontroller.organizations;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_INSTANCES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACE_QUOTA_DEFINITIONS;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.rest.Lifecycle;

/** A space's quota is its organization's; what goes with a space. */
final class SpaceRules implements Lifecycle {
    @Override
    public void beforeSave(Change change) {
        var quota = change.get(SPACES.SPACE_QUOTA_DEFINITION_GUID);
        if (quota == null || !change.changes(SPACES.SPACE_QUOTA_DEFINITION_GUID)) {
            return;
        }
        if (!change.isCreating() && !change.caller().isAdmin()) {
            // Through the quota's own address, where the right to it is checked.
            throw CloudError.NOT_AUTHORIZED.of();
        }
        var own =
                change.tx()
                        .fetchExists(
                                SPACE_QUOTA_DEFINITIONS,
                                SPACE_QUOTA_DEFINITIONS
                                        .GUID
                                        .eq(quota)
                                        .and(
                                                SPACE_QUOTA_DEFINITIONS.ORGANIZATION_GUID.eq(
                                                        change.need(SPACES.ORGANIZATION_GUID))));
        if (!own) {
            throw CloudError.SPACE_INVALID.of("the space quota is another organization's");
        }
    }

    @Override
    public void beforeDelete(Change change, boolean recursive) {
        var apps = change.engine().resources().named("apps");
        change.tx()
                .select(APPS.GUID)
                .from(APPS)
                .where(APPS.SPACE_GUID.eq(change.guid()))
                .orderBy(APPS.ID)
                .fetch(APPS.GUID)
                .forEach(app -> change.engine().deleteWith(change, apps, app));
        change.tx().deleteFrom(ROUTES).where(ROUTES.SPACE_GUID.eq(change.guid())).execute();
        change.tx()
                .deleteFrom(SERVICE_INSTANCES)
                .where(SERVICE_INSTANCES.SPACE_GUID.eq(change.guid()))
                .and(SERVICE_INSTANCES.SERVICE_PLAN_GUID.isNull())
                .execute();
        if (change.tx()
                .fetchExists(SERVICE_INSTANCES, SERVICE_INSTANCES.SPACE_GUID.eq(change.guid()))) {
            throw CloudError.SPACE_DELETION_FAILED.of(
                    change.need(SPACES.NAME),
                    "it holds service instances that only their broker can remove");
        }
    }
}
