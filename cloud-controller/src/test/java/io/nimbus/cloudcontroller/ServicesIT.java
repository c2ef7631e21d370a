package io.nimbus.cloudcontroller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nimbus.cloudcontroller.TestCloud.As;
import io.nimbus.cloudcontroller.TestCloud.Space;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What users provide: instances, their bindings to apps and to routes. */
class ServicesIT {
    private static final String PROVIDED = "/v2/user_provided_service_instances";

    private static TestCloud cloud;
    private static Space space;
    private static As developer;

    @BeforeAll
    static void start() {
        cloud = TestCloud.shared();
        space = cloud.space("services");
        developer = cloud.developer("service-dev", space);
    }

    private static String provide(String name, Map<String, Object> credentials) {
        return developer
                .post(
                        PROVIDED,
                        Map.of(
                                "name",
                                name,
                                "space_guid",
                                space.space(),
                                "credentials",
                                credentials,
                                "syslog_drain_url",
                                "syslog://drain.example:514",
                                "tags",
                                List.of("db")))
                .expect(201)
                .guid();
    }

    @Test
    void an_instance_gives_its_credentials_to_the_apps_bound_to_it_also_after_a_change() {
        var instance = provide("db", Map.of("uri", "pg://one"));
        var app = cloud.app(developer, space, "with-db", Map.of());
        var binding =
                developer
                        .post(
                                "/v2/service_bindings",
                                Map.of("app_guid", app, "service_instance_guid", instance))
                        .expect(201);

        assertThat(binding.entity().path("credentials").path("uri").asString())
                .isEqualTo("pg://one");
        assertThat(binding.entity().path("service_instance_url").asString())
                .isEqualTo(PROVIDED + "/" + instance);
        assertThat(binding.entity().path("last_operation").path("state").asString())
                .isEqualTo("succeeded");

        developer
                .put(PROVIDED + "/" + instance, Map.of("credentials", Map.of("uri", "pg://two")))
                .expect(201);

        var services =
                developer
                        .get("/v2/apps/" + app + "/env")
                        .expect(200)
                        .json()
                        .path("system_env_json")
                        .path("VCAP_SERVICES")
                        .path("user-provided")
                        .get(0);
        assertThat(services.path("credentials").path("uri").asString()).isEqualTo("pg://two");
        assertThat(services.path("name").asString()).isEqualTo("db");
        assertThat(
                        cloud.send(
                                        "GET",
                                        "/v2/syslog_drain_urls",
                                        TestCloud.basic("bulk_api", "bulk"),
                                        null,
                                        cloud.port)
                                .expect(200)
                                .json()
                                .path("results")
                                .path(app)
                                .get(0)
                                .asString())
                .isEqualTo("syslog://drain.example:514");
        assertThat(
                        developer
                                .get("/v2/spaces/" + space.space() + "/summary")
                                .json()
                                .path("apps")
                                .valueStream()
                                .filter(a -> a.path("guid").asString().equals(app))
                                .map(a -> a.path("service_names").toString()))
                .containsExactly("[\"db\"]");
    }

    @Test
    void a_second_binding_of_the_same_pair_is_refused_as_taken() {
        var instance = provide("twice", Map.of());
        var app = cloud.app(developer, space, "bound-twice", Map.of());
        var body = Map.of("app_guid", app, "service_instance_guid", instance);
        developer.post("/v2/service_bindings", body).expect(201);

        developer.post("/v2/service_bindings", body).error(400, "CF-ServiceBindingAppServiceTaken");
    }

    @Test
    void an_instance_with_bindings_goes_recursively_only() {
        var instance = provide("used", Map.of());
        var app = cloud.app(developer, space, "user-of-it", Map.of());
        developer
                .post(
                        "/v2/service_bindings",
                        Map.of("app_guid", app, "service_instance_guid", instance))
                .expect(201);

        developer.delete(PROVIDED + "/" + instance).error(400, "CF-AssociationNotEmpty");
        developer.delete("/v2/service_instances/" + instance + "?recursive=true").expect(204);

        developer
                .get(PROVIDED + "/" + instance)
                .error(404, "CF-UserProvidedServiceInstanceNotFound");
    }

    @Test
    void names_and_addresses_have_rules() {
        provide("taken", Map.of());
        var in = space.space();

        developer
                .post(PROVIDED, Map.of("name", "taken", "space_guid", in))
                .error(400, "CF-ServiceInstanceNameTaken");
        developer
                .post(PROVIDED, Map.of("name", " ", "space_guid", in))
                .error(400, "CF-ServiceInstanceNameEmpty");
        developer
                .post(PROVIDED, Map.of("name", "x".repeat(51), "space_guid", in))
                .error(400, "CF-ServiceInstanceNameTooLong");
        developer
                .post(
                        PROVIDED,
                        Map.of("name", "r", "space_guid", in, "route_service_url", "http://x.y"))
                .error(400, "CF-ServiceInstanceRouteServiceURLInvalid");
        developer
                .post(
                        PROVIDED,
                        Map.of("name", "t", "space_guid", in, "tags", List.of("x".repeat(2049))))
                .error(400, "CF-ServiceInstanceTagsTooLong");
        developer
                .post(PROVIDED, Map.of("name", "s", "space_guid", "nowhere"))
                .error(400, "CF-ServiceInstanceInvalid");
        developer.post(PROVIDED, Map.of("space_guid", in)).error(400, "CF-MessageParseError");
    }

    @Test
    void managed_and_provided_instances_are_listed_apart_unless_both_are_asked_for() {
        var instance = provide("listed", Map.of());
        var path = "/v2/spaces/" + space.space() + "/service_instances";

        assertThat(developer.get(path).expect(200).guids()).doesNotContain(instance);
        assertThat(developer.get(path + "?return_user_provided_service_instances=true").guids())
                .contains(instance);
        assertThat(developer.get(PROVIDED + "?q=name:listed").guids()).containsExactly(instance);
    }

    @Test
    void who_only_looks_on_sees_no_credentials() {
        var instance = provide("secret", Map.of("password", "geheim"));
        var auditor = cloud.uaa.user("service-auditor", false);
        cloud.admin()
                .put("/v2/organizations/" + space.organization() + "/users/" + auditor, "{}")
                .expect(201);
        cloud.admin().put("/v2/spaces/" + space.space() + "/auditors/" + auditor, "{}").expect(201);

        var seen = cloud.as("service-auditor").get(PROVIDED + "/" + instance).expect(200);

        assertThat(seen.body()).doesNotContain("geheim");
        assertThat(seen.entity().path("credentials").path("redacted_message").asString())
                .isEqualTo("[PRIVATE DATA HIDDEN]");
        var permissions = "/v2/service_instances/" + instance + "/permissions";
        assertThat(cloud.as("service-auditor").get(permissions).json().toString())
                .contains("\"manage\":false", "\"read\":true");
        assertThat(developer.get(permissions).json().toString()).contains("\"manage\":true");
    }

    @Test
    void a_route_goes_through_the_service_that_it_is_bound_to() {
        var instance =
                developer
                        .post(
                                PROVIDED,
                                Map.of(
                                        "name",
                                        "waf",
                                        "space_guid",
                                        space.space(),
                                        "route_service_url",
                                        "https://waf.example/check"))
                        .expect(201)
                        .guid();
        var plain = provide("plain", Map.of());
        var route = cloud.route(developer, space, "guarded");

        developer
                .put(PROVIDED + "/" + plain + "/routes/" + route, "{}")
                .error(400, "CF-ServiceDoesNotSupportRoutes");
        developer.put(PROVIDED + "/" + instance + "/routes/" + route, "{}").expect(201);
        developer
                .put(PROVIDED + "/" + instance + "/routes/" + route, "{}")
                .error(400, "CF-ServiceInstanceAlreadyBoundToSameRoute");
        assertThat(
                        developer
                                .get("/v2/routes/" + route)
                                .entity()
                                .path("service_instance_guid")
                                .asString())
                .isEqualTo(instance);
        assertThat(developer.get(PROVIDED + "/" + instance + "/routes").guids())
                .containsExactly(route);

        developer.delete(PROVIDED + "/" + instance + "/routes/" + route).expect(204);

        assertThat(
                        developer
                                .get("/v2/routes/" + route)
                                .entity()
                                .path("service_instance_guid")
                                .isNull())
                .isTrue();
    }

    @Test
    void usage_is_noted_when_an_instance_comes_is_renamed_and_goes() {
        var instance = provide("noted", Map.of());
        developer.put(PROVIDED + "/" + instance, Map.of("name", "noted-2")).expect(201);
        developer.delete(PROVIDED + "/" + instance).expect(204);

        var events =
                cloud.admin()
                        .get("/v2/service_usage_events?results-per-page=1000")
                        .expect(200)
                        .json()
                        .path("resources")
                        .valueStream()
                        .map(event -> event.path("entity"))
                        .filter(e -> e.path("service_instance_guid").asString().equals(instance))
                        .map(e -> e.path("state").asString())
                        .toList();

        assertThat(events).containsExactly("CREATED", "UPDATED", "DELETED");
        developer.get("/v2/service_usage_events").error(403, "CF-NotAuthorized");
    }

    @Test
    void the_books_of_usage_can_be_started_anew() {
        var instance = provide("there", Map.of());
        cloud.admin()
                .post(
                        "/v2/service_usage_events/destructively_purge_all_and_reseed_existing_instances",
                        "{}")
                .expect(204);

        var all = cloud.admin().get("/v2/service_usage_events?results-per-page=10000").json();

        assertThat(all.path("resources").findValuesAsString("state")).containsOnly("CREATED");
        assertThat(all.path("resources").findValuesAsString("service_instance_guid"))
                .contains(instance);
    }

    @Test
    void a_key_of_what_a_user_provided_is_not_supported() {
        var instance = provide("keyless", Map.of());

        developer
                .post("/v2/service_keys", Map.of("name", "k", "service_instance_guid", instance))
                .error(400, "CF-ServiceKeyNotSupported");
        developer.get("/v2/service_keys/none").error(404, "CF-ServiceKeyNotFound");
    }

    @Test
    void tokens_of_gateways_are_the_admins_and_never_shown() {
        var admin = cloud.admin();
        var body = Map.of("label", "mysql", "provider", "core", "token", "t0ken");

        var made = admin.post("/v2/service_auth_tokens", body).expect(201);

        assertThat(made.body()).doesNotContain("t0ken");
        admin.post("/v2/service_auth_tokens", body).error(400, "CF-ServiceAuthTokenLabelTaken");
        developer.post("/v2/service_auth_tokens", body).error(403, "CF-NotAuthorized");
        admin.delete("/v2/service_auth_tokens/" + made.guid()).expect(204);
        await().until(() ->
                !admin.get("/v2/service_auth_tokens?results-per-page=100")
                        .guids()
                        .contains(made.guid()));
    }
}
