package io.nimbus.cloudcontroller;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.cloudcontroller.TestCloud.As;
import io.nimbus.cloudcontroller.TestCloud.Space;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every role at every action, as {@code permissions.txt} has it. */
class PermissionsIT {
    private static final List<String> ROLES =
            List.of("adm", "aro", "ga", "om", "oa", "bm", "ou", "sm", "sd", "sa", "no", "su");
    private static final Pattern NAMED = Pattern.compile("\\{(\\w+)}");

    record Row(
            String method,
            String path,
            @Nullable String body,
            @Nullable String sought,
            List<String> cells) {
        @Override
        public String toString() {
            return method + " " + path + (body == null ? "" : " " + body);
        }
    }

    private static TestCloud cloud;
    private static As admin;
    private static Space space;
    private static Space suspended;
    private static final Map<String, String> headers = new HashMap<>();
    private static final Map<Space, Map<String, String>> fixed = new HashMap<>();
    private static int count;

    @BeforeAll
    static void start() {
        cloud = TestCloud.shared();
        admin = cloud.admin();
        space = cloud.space("permissions");
        suspended = cloud.space("suspended");
        headers.put("adm", cloud.uaa.header(TestCloud.ADMIN));
        headers.put("aro", only("aro", "cloud_controller.admin_read_only"));
        headers.put("ga", only("ga", "cloud_controller.global_auditor", "cloud_controller.read"));
        headers.put("no", user("no", null, null));
        headers.put("ou", user("ou", null, null, space));
        headers.put("om", user("om", "organizations", "managers", space));
        headers.put("oa", user("oa", "organizations", "auditors", space));
        headers.put("bm", user("bm", "organizations", "billing_managers", space));
        headers.put("sm", user("sm", "spaces", "managers", space));
        headers.put("sd", user("sd", "spaces", "developers", space));
        headers.put("sa", user("sa", "spaces", "auditors", space));
        headers.put("su", user("su", "spaces", "developers", suspended));
        things(space);
        things(suspended);
        admin.put("/v2/organizations/" + suspended.organization(), Map.of("status", "suspended"))
                .expect(201);
    }

    @AfterAll
    static void resume() {
        admin.put("/v2/config/environment_variable_groups/running", "{}").expect(200);
    }

    private static String only(String name, String... scopes) {
        cloud.uaa.user("p-" + name, false);
        return cloud.uaa.header("p-" + name, TestCloud.LONG.multipliedBy(20), scopes);
    }

    private static String user(
            String name, @Nullable String where, @Nullable String role, Space... in) {
        var guid = cloud.uaa.user("p-" + name, false);
        for (var one : in) {
            admin.put("/v2/organizations/" + one.organization() + "/users/" + guid, "{}")
                    .expect(201);
            if (where != null) {
                var parent = where.equals("spaces") ? one.space() : one.organization();
                admin.put("/v2/" + where + "/" + parent + "/" + role + "/" + guid, "{}")
                        .expect(201);
            }
        }
        return cloud.uaa.header("p-" + name);
    }

    /** What is there once and stays. */
    private static void things(Space in) {
        var made = new LinkedHashMap<String, String>();
        fixed.put(in, made);
        made.put("org", in.organization());
        made.put("space", in.space());
        made.put(
                "orgname",
                admin.get("/v2/organizations/" + in.organization())
                        .entity()
                        .path("name")
                        .asString());
        made.put("quota", admin.get("/v2/quota_definitions").guids().getFirst());
        made.put("stack", admin.get("/v2/stacks").guids().getFirst());
        made.put("domain", cloud.domain());
        made.put("app", cloud.app(admin, in, "app", Map.of()));
        made.put("routehost", "host-" + in.space().substring(0, 8));
        made.put("route", cloud.route(admin, in, made.get("routehost")));
        var member = cloud.uaa.user("m-" + in.space(), false);
        made.put("member", "m-" + in.space());
        made.put("memberguid", member);
        admin.put("/v2/organizations/" + in.organization() + "/users/" + member, "{}").expect(201);
        made.put("private", make(in, "newprivate"));
        made.put("provided", make(in, "newprovided"));
        made.put("binding", make(in, "newbinding"));
        made.put("event", admin.get("/v2/events?q=actee:" + made.get("app")).guids().getFirst());
        var quota = new LinkedHashMap<String, Object>();
        quota.put("name", "q-" + in.space());
        quota.put("organization_guid", in.organization());
        quota.put("non_basic_services_allowed", true);
        quota.put("total_services", 10);
        quota.put("total_routes", 1000);
        quota.put("memory_limit", 100_000);
        made.put("spacequota", admin.post("/v2/space_quota_definitions", quota).expect(201).guid());
        admin.put(
                        "/v2/space_quota_definitions/"
                                + made.get("spacequota")
                                + "/spaces/"
                                + in.space(),
                        "")
                .expect(201);
        made.put("group", post("/v2/security_groups", Map.of("name", "g-" + in.space())));
        admin.put("/v2/spaces/" + in.space() + "/security_groups/" + made.get("group"), "{}")
                .expect(201);
        made.put(
                "defaultgroup", admin.get("/v2/config/running_security_groups").guids().getFirst());
        // Brokers make these; their rows are enough here.
        made.put("broker", cloud.rows.broker("b-" + in.space(), in.space()));
        made.put("offering", cloud.rows.service("s-" + in.space(), null));
        made.put("plan", cloud.rows.plan("p-" + in.space(), made.get("offering"), false));
        made.put(
                "visibility",
                post(
                        "/v2/service_plan_visibilities",
                        Map.of(
                                "service_plan_guid",
                                made.get("plan"),
                                "organization_guid",
                                in.organization())));
        made.put(
                "key",
                cloud.rows.key(
                        "k-" + in.space(),
                        cloud.rows.instance("i-" + in.space(), in.space(), made.get("plan"))));
    }

    private static String post(String path, Map<String, ?> body) {
        return admin.post(path, body).expect(201).guid();
    }

    /** What is used up. */
    private static String make(Space in, String what) {
        var name = "n" + ++count;
        return switch (what) {
            case "n" -> name;
            case "neworg" -> post("/v2/organizations", Map.of("name", name));
            case "newspace" ->
                    post(
                            "/v2/spaces",
                            Map.of("name", name, "organization_guid", in.organization()));
            case "newapp" -> cloud.app(admin, in, name, Map.of());
            case "newroute" -> cloud.route(admin, in, name);
            case "newuser" -> {
                var guid = cloud.uaa.user(name, false);
                admin.put("/v2/organizations/" + in.organization() + "/users/" + guid, "{}")
                        .expect(201);
                yield guid;
            }
            case "newprivate" ->
                    post(
                            "/v2/private_domains",
                            Map.of(
                                    "name",
                                    name + ".private.example",
                                    "owning_organization_guid",
                                    in.organization()));
            case "foreign" ->
                    post(
                            "/v2/private_domains",
                            Map.of(
                                    "name",
                                    name + ".foreign.example",
                                    "owning_organization_guid",
                                    make(in, "neworg")));
            case "newshared" -> post("/v2/shared_domains", Map.of("name", name + ".example.org"));
            case "newprovided" ->
                    post(
                            "/v2/user_provided_service_instances",
                            Map.of("name", name, "space_guid", in.space()));
            case "newbinding" ->
                    post(
                            "/v2/service_bindings",
                            Map.of(
                                    "app_guid",
                                    Objects.requireNonNull(fixed.get(in)).get("app"),
                                    "service_instance_guid",
                                    make(in, "newprovided")));
            case "recentuser" -> cloud.rows.user(name);
            case "newquota" ->
                    post(
                            "/v2/quota_definitions",
                            Map.of(
                                    "name",
                                    name,
                                    "non_basic_services_allowed",
                                    true,
                                    "total_services",
                                    10,
                                    "total_routes",
                                    1000,
                                    "memory_limit",
                                    100_000));
            case "newplan" -> cloud.rows.plan(name, cloud.rows.service(name, null), false);
            default -> throw new IllegalArgumentException(what);
        };
    }

    static Stream<Row> rows() throws IOException {
        try (var in = PermissionsIT.class.getResourceAsStream("/permissions.txt")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), UTF_8)
                            .lines()
                            .filter(line -> !line.isBlank() && !line.startsWith("#"))
                            .map(PermissionsIT::row)
                            .toList()
                            .stream();
        }
    }

    private static Row row(String line) {
        var halves = line.split(" \\| +", 2);
        var request = halves[0].strip().split(" ", 3);
        var more = request.length > 2 ? request[2].strip() : null;
        var list = request[0].equals("LIST");
        return new Row(
                list ? "GET" : request[0],
                request[1],
                list ? null : more,
                list ? more : null,
                List.of(halves[1].strip().split(" +")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void every_role_may_do_what_the_table_says(Row row) {
        assertThat(row.cells()).hasSameSizeAs(ROLES);
        var wrong = new ArrayList<String>();
        for (int i = 0; i < ROLES.size(); i++) {
            var role = ROLES.get(i);
            var in = role.equals("su") ? suspended : space;
            var wanted = row.cells().get(i);
            var made = new HashMap<String, String>();
            var path = filled(row.path(), in, made);
            var body = row.body() == null ? null : filled(row.body(), in, made);
            var sought = row.sought() == null ? "" : filled(row.sought(), in, made);
            var answer = cloud.send(row.method(), path, headers.get(role), body, cloud.port);
            Supplier<String> got =
                    () -> {
                        if (row.sought() != null) {
                            answer.expect(200);
                            return answer.guids().contains(sought) ? "+" : "-";
                        }
                        return switch (answer.status()) {
                            case 200, 201, 202, 204 -> "+";
                            case 403 -> "-";
                            case 404 -> ".";
                            default -> answer.status() + " " + answer.body();
                        };
                    };
            if (!got.get().equals(wanted)) {
                wrong.add(role + ": " + got.get() + " instead of " + wanted);
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static String filled(String text, Space in, Map<String, String> made) {
        return NAMED.matcher(text)
                .replaceAll(match -> {
                    var name = match.group(1);
                    var known = Objects.requireNonNull(fixed.get(in)).get(name);
                    return known != null ? known : made.computeIfAbsent(name, n -> make(in, n));
                });
    }
}
