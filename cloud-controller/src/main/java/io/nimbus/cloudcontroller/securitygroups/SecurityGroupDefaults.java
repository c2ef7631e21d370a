package io.nimbus.cloudcontroller.securitygroups;

import static io.nimbus.cloudcontroller.ccdb.Tables.SECURITY_GROUPS;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.ApiRequest;
import io.nimbus.cloudcontroller.rest.ApiResponse;
import io.nimbus.cloudcontroller.rest.Endpoints;
import io.nimbus.cloudcontroller.rest.Engine;
import io.nimbus.cloudcontroller.rest.Resource.Right;
import io.nimbus.cloudcontroller.rest.Route;
import java.util.ArrayList;
import java.util.List;
import org.jooq.TableField;

/**
 * Security groups that hold for every space: {@code /v2/config/running_security_groups} and its
 * twin for staging.
 */
public final class SecurityGroupDefaults implements Endpoints {
    private final Engine engine;

    public SecurityGroupDefaults(Engine engine) {
        this.engine = engine;
    }

    @Override
    public List<Route> routes() {
        var routes = new ArrayList<Route>();
        routes.addAll(
                routes(
                        "running",
                        SECURITY_GROUPS.RUNNING_DEFAULT,
                        CloudError.SECURITY_GROUP_RUNNING_DEFAULT_INVALID));
        routes.addAll(
                routes(
                        "staging",
                        SECURITY_GROUPS.STAGING_DEFAULT,
                        CloudError.SECURITY_GROUP_STAGING_DEFAULT_INVALID));
        return routes;
    }

    private List<Route> routes(String kind, TableField<?, Boolean> column, CloudError unknown) {
        var path = "/v2/config/" + kind + "_security_groups";
        var groups = engine.resources().named("security_groups");
        return List.of(
                Route.get(path, request -> engine.list(groups, column.isTrue(), request)),
                Route.put(
                        path + "/:guid",
                        request -> {
                            set(request, column, true, unknown);
                            return ApiResponse.ok(
                                    engine.showWritten(groups, request.part("guid"), request));
                        }),
                Route.delete(
                        path + "/:guid",
                        request -> {
                            set(request, column, false, unknown);
                            return ApiResponse.noContent();
                        }));
    }

    private void set(
            ApiRequest request, TableField<?, Boolean> column, boolean value, CloudError unknown) {
        Engine.requireScope(request.caller(), Right.UPDATE);
        if (!request.caller().isAdmin()) {
            throw CloudError.NOT_AUTHORIZED.of();
        }
        var guid = request.part("guid");
        var changed =
                engine.database()
                        .read(dsl ->
                                dsl.update(SECURITY_GROUPS)
                                        .set(column, value)
                                        .set(SECURITY_GROUPS.UPDATED_AT, engine.clock().instant())
                                        .where(SECURITY_GROUPS.GUID.eq(guid))
                                        .execute());
        if (changed == 0) {
            throw unknown.of(guid);
        }
    }
}
