package io.nimbus.cloudcontroller.quotas;

import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.QUOTA_DEFINITIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACE_QUOTA_DEFINITIONS;
import static io.nimbus.cloudcontroller.errors.CloudError.QUOTA_DEFINITION_INVALID;
import static io.nimbus.cloudcontroller.errors.CloudError.SPACE_QUOTA_DEFINITION_INVALID;
import static org.jooq.impl.DSL.select;

import io.nimbus.cloudcontroller.access.Roles;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.Attribute;
import io.nimbus.cloudcontroller.rest.Caller;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.rest.Checks;
import io.nimbus.cloudcontroller.rest.Lifecycle;
import io.nimbus.cloudcontroller.rest.Link;
import io.nimbus.cloudcontroller.rest.Query;
import io.nimbus.cloudcontroller.rest.Resource;
import io.nimbus.cloudcontroller.rest.Resource.Right;
import io.nimbus.cloudcontroller.rest.ToMany;
import io.nimbus.cloudcontroller.rest.ToOne;
import java.util.List;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.TableField;

/** Quotas of organizations and of spaces, as they are declared. */
public final class QuotaResources {
    private static final int UNLIMITED = -1;

    private QuotaResources() {}

    public static List<Resource> declare() {
        return List.of(forOrganizations(), forSpaces());
    }

    private static Attribute<Integer> limit(
            String key, TableField<?, Integer> column, CloudError error) {
        return Attribute.integer(key)
                .column(column)
                .check(Checks.within(UNLIMITED, Integer.MAX_VALUE, error, key));
    }

    private static Resource forOrganizations() {
        var q = QUOTA_DEFINITIONS;
        var invalid = QUOTA_DEFINITION_INVALID;
        return Resource.of("quota_definitions", "quota", q, CloudError.QUOTA_DEFINITION_NOT_FOUND)
                .attributes(
                        Attribute.text("name")
                                .column(q.NAME)
                                .required()
                                .stripped()
                                .check(Checks.name(invalid)),
                        Attribute.flag("non_basic_services_allowed")
                                .column(q.NON_BASIC_SERVICES_ALLOWED)
                                .required(),
                        limit("total_services", q.TOTAL_SERVICES, invalid).required(),
                        limit("total_routes", q.TOTAL_ROUTES, invalid).required(),
                        limit("total_private_domains", q.TOTAL_PRIVATE_DOMAINS, invalid)
                                .orElse(UNLIMITED),
                        Attribute.integer("memory_limit")
                                .column(q.MEMORY_LIMIT)
                                .required()
                                .check(limit -> {
                                    if (limit < UNLIMITED) {
                                        throw CloudError.QUOTA_DEFINITION_MEMORY_LIMIT_INVALID.of();
                                    }
                                }),
                        Attribute.constant("trial_db_allowed", false),
                        limit("instance_memory_limit", q.INSTANCE_MEMORY_LIMIT, invalid)
                                .orElse(UNLIMITED),
                        limit("app_instance_limit", q.APP_INSTANCE_LIMIT, invalid)
                                .orElse(UNLIMITED),
                        limit("app_task_limit", q.APP_TASK_LIMIT, invalid).orElse(UNLIMITED),
                        limit("total_service_keys", q.TOTAL_SERVICE_KEYS, invalid)
                                .orElse(UNLIMITED),
                        limit("total_reserved_route_ports", q.TOTAL_RESERVED_ROUTE_PORTS, invalid)
                                .orElse(0))
                .queryBy(Query.name("name", q.NAME))
                .unique("quota_definitions_name", CloudError.QUOTA_DEFINITION_NAME_TAKEN, "name")
                .publicToAll()
                .on(
                        new Lifecycle() {
                            @Override
                            public void beforeSave(Change change) {
                                ports(
                                        change.need(q.TOTAL_RESERVED_ROUTE_PORTS),
                                        change.need(q.TOTAL_ROUTES),
                                        invalid);
                            }

                            @Override
                            public void beforeDelete(Change change, boolean recursive) {
                                if (change.tx()
                                        .fetchExists(
                                                ORGANIZATIONS,
                                                ORGANIZATIONS.QUOTA_DEFINITION_GUID.eq(
                                                        change.guid()))) {
                                    throw CloudError.ASSOCIATION_NOT_EMPTY.of(
                                            "organizations", "quota_definitions");
                                }
                            }
                        })
                .build();
    }

    private static void ports(int ports, int routes, CloudError error) {
        if (ports != UNLIMITED && routes != UNLIMITED && ports > routes) {
            throw error.of("there cannot be more route ports than routes");
        }
    }

    private static Resource forSpaces() {
        var q = SPACE_QUOTA_DEFINITIONS;
        var invalid = SPACE_QUOTA_DEFINITION_INVALID;
        return Resource.of(
                        "space_quota_definitions",
                        "space quota",
                        q,
                        CloudError.SPACE_QUOTA_DEFINITION_NOT_FOUND)
                .attributes(
                        Attribute.text("name")
                                .column(q.NAME)
                                .required()
                                .stripped()
                                .check(Checks.name(invalid)))
                .toOne(
                        ToOne.of("organization", "organizations", q.ORGANIZATION_GUID)
                                .fixed(CloudError.ORGANIZATION_ALREADY_SET))
                .attributes(
                        Attribute.flag("non_basic_services_allowed")
                                .column(q.NON_BASIC_SERVICES_ALLOWED)
                                .required(),
                        limit("total_services", q.TOTAL_SERVICES, invalid).required(),
                        limit("total_routes", q.TOTAL_ROUTES, invalid).required(),
                        limit("memory_limit", q.MEMORY_LIMIT, invalid).required(),
                        limit("instance_memory_limit", q.INSTANCE_MEMORY_LIMIT, invalid)
                                .orElse(UNLIMITED),
                        limit("app_instance_limit", q.APP_INSTANCE_LIMIT, invalid)
                                .orElse(UNLIMITED),
                        limit("app_task_limit", q.APP_TASK_LIMIT, invalid).orElse(5),
                        limit("total_service_keys", q.TOTAL_SERVICE_KEYS, invalid)
                                .orElse(UNLIMITED),
                        limit("total_reserved_route_ports", q.TOTAL_RESERVED_ROUTE_PORTS, invalid)
                                .orElse(UNLIMITED))
                .toMany(
                        ToMany.of(
                                        "spaces",
                                        "spaces",
                                        Link.of(
                                                SPACES,
                                                SPACES.SPACE_QUOTA_DEFINITION_GUID,
                                                SPACES.GUID))
                                .edited(new Spaces()))
                .unique(
                        "space_quota_definitions_name",
                        CloudError.SPACE_QUOTA_DEFINITION_NAME_TAKEN,
                        "name")
                .visibleTo(caller ->
                        Roles.inOrganization(q.ORGANIZATION_GUID, caller, Roles.MANAGER)
                                .or(
                                        q.GUID.in(
                                                select(SPACES.SPACE_QUOTA_DEFINITION_GUID)
                                                        .from(SPACES)
                                                        .where(
                                                                Roles.inSpace(
                                                                        SPACES.GUID, caller)))))
                .grant(Right.CREATE, QuotaResources::manages)
                .grant(Right.UPDATE, QuotaResources::manages)
                .grant(Right.DELETE, QuotaResources::manages)
                .on(
                        new Lifecycle() {
                            @Override
                            public void beforeSave(Change change) {
                                ports(
                                        change.need(q.TOTAL_RESERVED_ROUTE_PORTS),
                                        change.need(q.TOTAL_ROUTES),
                                        invalid);
                            }
                        })
                .build();
    }

    private static Condition manages(Caller caller) {
        var organization = SPACE_QUOTA_DEFINITIONS.ORGANIZATION_GUID;
        return Roles.inOrganization(organization, caller, Roles.MANAGER)
                .and(Roles.active(organization));
    }

    /** Applies a quota to spaces of its organization. */
    private static final class Spaces implements ToMany.Editor {
        @Override
        public void add(DSLContext tx, ToMany.Linking linking) {
            var applied =
                    tx.update(SPACES)
                            .set(SPACES.SPACE_QUOTA_DEFINITION_GUID, linking.parent())
                            .where(SPACES.GUID.eq(linking.member()))
                            .and(
                                    SPACES.ORGANIZATION_GUID.eq(
                                            linking.change()
                                                    .need(
                                                            SPACE_QUOTA_DEFINITIONS
                                                                    .ORGANIZATION_GUID)))
                            .execute();
            if (applied == 0) {
                throw SPACE_QUOTA_DEFINITION_INVALID.of("the space is another organization's");
            }
        }

        @Override
        public void remove(DSLContext tx, ToMany.Linking linking) {
            tx.update(SPACES)
                    .setNull(SPACES.SPACE_QUOTA_DEFINITION_GUID)
                    .where(SPACES.GUID.eq(linking.member()))
                    .and(SPACES.SPACE_QUOTA_DEFINITION_GUID.eq(linking.parent()))
                    .execute();
        }
    }
}
