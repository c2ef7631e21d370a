package io.nimbus.cloudcontroller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nimbus.bus.NatsBus;
import io.nimbus.cloudcontroller.TestCloud.As;
import io.nimbus.cloudcontroller.TestCloud.Space;
import io.nimbus.subjects.DeaStop;
import io.nimbus.subjects.DropletExited;
import io.nimbus.subjects.InstanceStartRequest;
import io.nimbus.subjects.InstanceStopRequest;
import io.nimbus.subjects.StagingReply;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** An app through its states: what each change sends, stores and tells. */
class AppIT {
    private static TestCloud cloud;
    private static FakeStager stager;
    private static FakeDea dea;
    private static NatsBus bus;
    private static Space space;
    private static As developer;
    private static int count;

    @BeforeAll
    static void start() {
        cloud = TestCloud.shared();
        stager = cloud.stager();
        dea = cloud.dea();
        bus = cloud.bus("test");
        space = cloud.space("apps");
        developer = cloud.developer("app-dev", space);
    }

    @AfterEach
    void reset() {
        stager.way = FakeStager.Way.SUCCEED;
        dea.memoryMb = 16_384;
        dea.advertise();
    }

    private static String uploaded(Map<String, Object> more) {
        var body = new HashMap<>(more);
        body.putIfAbsent("memory", 64);
        var app = cloud.app(developer, space, "app-" + ++count, body);
        cloud.upload(developer, app);
        return app;
    }

    private static String running(Map<String, Object> more) {
        var app = uploaded(more);
        set(app, Map.of("state", "STARTED"));
        awaitPackage(app, "STAGED");
        var instances = more.getOrDefault("instances", 1);
        await().atMost(TestCloud.LONG).until(() -> indices(app).size() == (Integer) instances);
        return app;
    }

    private static JsonNode set(String app, Map<String, Object> what) {
        return developer.put("/v2/apps/" + app, what).expect(201).entity();
    }

    private static JsonNode entity(String app) {
        return developer.get("/v2/apps/" + app).expect(200).entity();
    }

    private static void awaitPackage(String app, String state) {
        await().atMost(TestCloud.LONG)
                .until(() -> entity(app).path("package_state").asString().equals(state));
    }

    private static List<Integer> indices(String app) {
        return dea.instances.values().stream()
                .filter(i -> i.start().app().equals(app))
                .map(i -> i.start().index())
                .sorted()
                .toList();
    }

    private static String version(String app) {
        return entity(app).path("version").asString();
    }

    private static List<DeaStop> stops(String app) {
        return dea.stops.stream().filter(stop -> app.equals(stop.app())).toList();
    }

    // --- Staging
    // -------------------------------------------------------------------------------------

    @Test
    void an_app_without_bits_cannot_be_started() {
        var app = cloud.app(developer, space, "no-bits", Map.of());

        developer
                .put("/v2/apps/" + app, Map.of("state", "STARTED"))
                .error(400, "CF-AppPackageInvalid");

        assertThat(entity(app).path("state").asString()).isEqualTo("STOPPED");
    }

    @Test
    void a_failed_staging_says_why_and_the_next_start_stages_again() {
        stager.way = FakeStager.Way.FAIL;
        var app = uploaded(Map.of());
        set(app, Map.of("state", "STARTED"));
        awaitPackage(app, "FAILED");

        var failed = entity(app);
        assertThat(failed.path("staging_failed_reason").asString())
                .isEqualTo("BuildpackCompileFailed");
        assertThat(failed.path("staging_failed_description").asString())
                .contains("the compiler is on strike");
        developer.get("/v2/apps/" + app + "/instances").error(400, "CF-BuildpackCompileFailed");

        stager.way = FakeStager.Way.SUCCEED;
        set(app, Map.of("state", "STOPPED"));
        set(app, Map.of("state", "STARTED"));
        awaitPackage(app, "STAGED");
        assertThat(entity(app).path("staging_failed_reason").isNull()).isTrue();
    }

    @Test
    void a_refusal_of_the_stager_fails_the_request_and_leaves_the_app_stopped() {
        stager.way = FakeStager.Way.REFUSE;
        var app = uploaded(Map.of());

        developer.put("/v2/apps/" + app, Map.of("state", "STARTED")).error(400, "CF-StagingError");

        assertThat(entity(app).path("state").asString()).isEqualTo("STOPPED");
        assertThat(entity(app).path("package_state").asString()).isEqualTo("FAILED");
    }

    @Test
    void a_silent_stager_does_not_hold_the_request_for_long() {
        stager.way = FakeStager.Way.SILENT;
        var app = uploaded(Map.of());
        var before = Instant.now();

        set(app, Map.of("state", "STARTED"));

        assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(25));
        assertThat(entity(app).path("package_state").asString()).isEqualTo("PENDING");
        developer.get("/v2/apps/" + app + "/instances").error(400, "CF-NotStaged");
    }

    @Test
    void a_result_by_http_counts_once_and_only_for_the_current_staging() throws Exception {
        stager.way = FakeStager.Way.BY_HTTP;
        var app = running(Map.of());
        var request =
                stager.requests.stream().filter(r -> r.app().equals(app)).findFirst().orElseThrow();
        var url = request.completionUrl();
        assertThat(url).isNotNull();
        await().atMost(TestCloud.LONG)
                .until(() -> stager.completions.stream().anyMatch(c -> c.startsWith("200")));

        assertThat(complete(url, reply(request.task(), app))).isEqualTo(200);
        assertThat(complete(url, reply("0".repeat(32), app))).isEqualTo(400);
        assertThat(indices(app)).containsExactly(0);
    }

    private static int complete(String url, StagingReply reply)
            throws IOException, InterruptedException {
        return stager.complete(url, reply);
    }

    private static StagingReply reply(String task, String app) {
        return new StagingReply(
                task, null, "fake", null, null, "run", Map.of("web", "run"), app, null, null);
    }

    @Test
    void the_stager_gets_what_it_needs_and_the_app_what_it_found_out() {
        var app = running(Map.of("environment_json", Map.of("A", "b"), "command", "serve"));
        var request =
                stager.requests.stream().filter(r -> r.app().equals(app)).findFirst().orElseThrow();

        assertThat(request.packageUrl()).contains("/staging/apps/" + app);
        assertThat(request.toString()).doesNotContain("s p/c:t", "s%20p");
        var entity = entity(app);
        assertThat(entity.path("detected_start_command").asString()).isEqualTo("run");
        assertThat(entity.path("detected_buildpack").asString()).isEqualTo("fake");
        assertThat(entity.path("staging_task_id").asString()).isEqualTo(request.task());
        var start = dea.starts.stream().filter(s -> s.app().equals(app)).findFirst().orElseThrow();
        assertThat(start.environment()).contains("A=b");
        assertThat(start.startCommand()).isEqualTo("serve");
    }

    // --- Running
    // -------------------------------------------------------------------------------------

    @Test
    void scaling_starts_and_stops_just_the_difference_and_keeps_the_version() {
        var app = running(Map.of("instances", 2));
        var version = version(app);

        set(app, Map.of("instances", 4));
        await().atMost(TestCloud.LONG).until(() -> indices(app).equals(List.of(0, 1, 2, 3)));
        set(app, Map.of("instances", 1));
        await().atMost(TestCloud.LONG).until(() -> indices(app).equals(List.of(0)));

        assertThat(dea.starts.stream().filter(s -> s.app().equals(app))).hasSize(4);
        assertThat(version(app)).isEqualTo(version);
    }

    @Test
    void a_stop_stops_everything_and_a_start_needs_no_staging() {
        var app = running(Map.of());
        var stagings = stager.requests.stream().filter(r -> r.app().equals(app)).count();

        set(app, Map.of("state", "STOPPED"));
        await().atMost(TestCloud.LONG).until(() -> indices(app).isEmpty());
        developer.get("/v2/apps/" + app + "/instances").error(400, "CF-InstancesError");
        developer.get("/v2/apps/" + app + "/stats").error(400, "CF-AppStoppedStatsError");
        set(app, Map.of("state", "STARTED"));
        await().atMost(TestCloud.LONG).until(() -> indices(app).equals(List.of(0)));

        assertThat(stager.requests.stream().filter(r -> r.app().equals(app)))
                .hasSize((int) stagings);
    }

    @Test
    void what_changes_the_version_and_what_does_not() {
        var app = running(Map.of());
        var first = version(app);
        set(app, Map.of("environment_json", Map.of("X", "1"), "command", "other"));
        assertThat(version(app)).isEqualTo(first);
        set(app, Map.of("memory", 65));
        var second = version(app);
        assertThat(second).isNotEqualTo(first);
        assertThat(stops(app)).isEmpty();

        var route = cloud.route(developer, space, "versioned");
        developer.put("/v2/apps/" + app + "/routes/" + route, "{}").expect(201);

        assertThat(version(app)).isNotEqualTo(second);
        await().atMost(TestCloud.LONG)
                .until(() ->
                        dea.updates.stream()
                                .anyMatch(u ->
                                        u.app().equals(app)
                                                && u.uris()
                                                        .equals(List.of("versioned.localhost"))));
        developer.delete("/v2/apps/" + app + "/routes/" + route).expect(204);
        await().atMost(TestCloud.LONG)
                .until(() ->
                        dea.updates.stream()
                                .anyMatch(u -> u.app().equals(app) && u.uris().isEmpty()));
    }

    @Test
    void a_restage_stages_anew_and_is_not_for_apps_that_wait() {
        var app = running(Map.of());
        var route = "/v2/apps/" + app + "/restage";

        developer.post(route, "").expect(201);
        awaitPackage(app, "STAGED");
        await().atMost(TestCloud.LONG).until(() -> indices(app).equals(List.of(0)));
        assertThat(stager.requests.stream().filter(r -> r.app().equals(app))).hasSize(2);

        var waiting = uploaded(Map.of());
        developer.post("/v2/apps/" + waiting + "/restage", "").error(400, "CF-NotStaged");
    }

    @Test
    void without_room_anywhere_the_start_is_refused_and_undone() {
        var app = running(Map.of());
        dea.memoryMb = 1;
        dea.advertise();
        await().atMost(TestCloud.LONG)
                .untilAsserted(() -> {
                    dea.advertise();
                    developer
                            .put("/v2/apps/" + app, Map.of("instances", 3))
                            .error(503, "CF-InsufficientRunningResourcesAvailable");
                });

        assertThat(entity(app).path("instances").asInt()).isEqualTo(1);
    }

    @Test
    void one_instance_can_be_killed() {
        var app = running(Map.of("instances", 2));

        developer.delete("/v2/apps/" + app + "/instances/1").expect(204);

        await().atMost(TestCloud.LONG).until(() -> indices(app).equals(List.of(0)));
    }

    @Test
    void instances_and_stats_tell_what_the_deas_tell_and_what_is_down() {
        var app = running(Map.of());
        set(app, Map.of("instances", 2));
        await().atMost(TestCloud.LONG).until(() -> indices(app).size() == 2);
        dea.instances.values().removeIf(i -> i.start().app().equals(app) && i.start().index() == 1);

        var instances = developer.get("/v2/apps/" + app + "/instances").expect(200).json();
        assertThat(instances.path("0").path("state").asString()).isEqualTo("RUNNING");
        assertThat(instances.path("1").path("state").asString()).isEqualTo("DOWN");
        var stats = developer.get("/v2/apps/" + app + "/stats").expect(200).json();
        assertThat(stats.path("0").path("stats").path("mem_quota").asLong()).isEqualTo(64L << 20);
        assertThat(stats.path("1").path("state").asString()).isEqualTo("DOWN");
        assertThat(
                        developer
                                .get("/v2/apps/" + app + "/summary")
                                .json()
                                .path("running_instances")
                                .asInt())
                .isEqualTo(1);
    }

    @Test
    void a_delete_stops_the_instances_and_removes_the_bits() {
        var app = running(Map.of());

        developer.delete("/v2/apps/" + app + "?recursive=true&async=true").expect(204);

        await().atMost(TestCloud.LONG).until(() -> indices(app).isEmpty());
        developer.get("/v2/apps/" + app).error(404, "CF-AppNotFound");
        await().atMost(TestCloud.LONG)
                .until(() ->
                        cloud.send(
                                                "GET",
                                                "/staging/apps/" + app,
                                                TestCloud.basic("staging", "s p/c:t"),
                                                null,
                                                cloud.port)
                                        .status()
                                == 404);
    }

    // --- The health manager
    // --------------------------------------------------------------------------

    @Test
    void the_health_manager_is_obeyed_where_the_database_agrees() {
        var app = running(Map.of());
        var version = version(app);
        dea.instances.values().removeIf(i -> i.start().app().equals(app));

        bus.publish(InstanceStartRequest.SUBJECT, new InstanceStartRequest("m", app, "old", 0));
        bus.publish(InstanceStartRequest.SUBJECT, new InstanceStartRequest("m", app, version, 7));
        bus.publish(InstanceStartRequest.SUBJECT, new InstanceStartRequest("m", app, version, 0));
        await().atMost(TestCloud.LONG).until(() -> indices(app).equals(List.of(0)));
        assertThat(dea.starts.stream().filter(s -> s.app().equals(app) && s.index() == 7))
                .isEmpty();

        bus.publish(
                InstanceStopRequest.SUBJECT,
                new InstanceStopRequest("m", app, version, "superfluous", 0, false));
        bus.publish(
                InstanceStopRequest.SUBJECT,
                new InstanceStopRequest("m", app, version, "beyond", 5, false));
        bus.publish(
                InstanceStopRequest.SUBJECT,
                new InstanceStopRequest("m", "unknown-app", version, "stranger", 0, false));
        await().atMost(TestCloud.LONG)
                .until(() ->
                        dea.stops.stream().anyMatch(s -> s.toString().contains("stranger"))
                                && dea.stops.stream()
                                        .anyMatch(s -> s.toString().contains("beyond")));
        assertThat(dea.stops.toString()).doesNotContain("superfluous");
    }

    @Test
    void a_crash_becomes_an_event_with_its_exit() {
        var app = running(Map.of());
        bus.publish(
                DropletExited.SUBJECT,
                new DropletExited(
                        "default",
                        app,
                        version(app),
                        "instance-1",
                        0,
                        DropletExited.CRASHED,
                        137,
                        "out of memory",
                        1_700_000_000L));

        await().atMost(TestCloud.LONG).until(() -> !developer.get(crashes(app)).guids().isEmpty());
        var event = developer.get(crashes(app)).json().path("resources").get(0).path("entity");

        assertThat(event.path("actor_type").asString()).isEqualTo("app");
        assertThat(event.path("metadata").path("exit_status").asInt()).isEqualTo(137);
        assertThat(event.path("metadata").path("exit_description").asString())
                .isEqualTo("out of memory");
        assertThat(developer.get("/v2/app_events?q=app_guid:" + app).guids()).hasSize(1);
    }

    private static String crashes(String app) {
        return "/v2/events?q=type:app.crash&q=actee:" + app;
    }

    // --- What is told
    // --------------------------------------------------------------------------------

    @Test
    void every_change_is_told_without_its_secrets() {
        var app =
                cloud.app(
                        developer,
                        space,
                        "told",
                        Map.of(
                                "environment_json",
                                Map.of("PASSWORD", "geheim"),
                                "command",
                                "run --token geheim",
                                "buildpack",
                                "https://user:geheim@example.org/b.git"));
        set(app, Map.of("instances", 2));
        developer.delete("/v2/apps/" + app).expect(204);

        var events = developer.get("/v2/events?q=actee:" + app).expect(200);

        assertThat(events.body()).doesNotContain("geheim");
        assertThat(events.json().path("resources").findValuesAsString("type"))
                .containsExactly(
                        "audit.app.create", "audit.app.update", "audit.app.delete-request");
        var created = events.json().path("resources").get(0).path("entity");
        assertThat(created.path("actor_name").asString()).isEqualTo("app-dev");
        assertThat(created.path("actor_type").asString()).isEqualTo("user");
        assertThat(created.path("metadata").path("request").path("environment_json").asString())
                .isEqualTo("PRIVATE DATA HIDDEN");
        assertThat(created.path("space_guid").asString()).isEqualTo(space.space());
        assertThat(created.path("organization_guid").asString()).isEqualTo(space.organization());
    }

    @Test
    void usage_is_noted_at_each_start_scaling_staging_and_stop() {
        var app = running(Map.of());
        set(app, Map.of("instances", 2));
        set(app, Map.of("memory", 96));
        set(app, Map.of("environment_json", Map.of("no", "usage")));
        set(app, Map.of("state", "STOPPED"));
        set(app, Map.of("instances", 1));
        set(app, Map.of("state", "STARTED"));
        developer.delete("/v2/apps/" + app).expect(204);

        var states = new ArrayList<String>();
        cloud.admin()
                .get("/v2/app_usage_events?results-per-page=10000")
                .json()
                .path("resources")
                .forEach(event -> {
                    var e = event.path("entity");
                    if (e.path("app_guid").asString().equals(app)) {
                        states.add(
                                e.path("state").asString()
                                        + " "
                                        + e.path("instance_count").asInt()
                                        + "x"
                                        + e.path("memory_in_mb_per_instance").asInt());
                    }
                    assertThat(event.path("metadata").has("updated_at")).isFalse();
                });

        assertThat(states)
                .filteredOn(s -> !s.startsWith("STAGING"))
                .containsExactly(
                        "STARTED 1x64",
                        "BUILDPACK_SET 1x64",
                        "STARTED 2x64",
                        "STARTED 2x96",
                        "STOPPED 2x96",
                        "STARTED 1x96",
                        "STOPPED 1x96");
    }

    // --- Rules
    // ---------------------------------------------------------------------------------------

    @Test
    void what_an_app_may_not_be() {
        refused(Map.of("memory", 0), "CF-AppMemoryInvalid");
        refused(Map.of("instances", -1), "CF-AppInvalid");
        refused(Map.of("disk_quota", 4096), "CF-AppInvalid");
        refused(Map.of("state", "RUNNING"), "CF-AppInvalid");
        refused(Map.of("command", "x".repeat(4097)), "CF-AppInvalid");
        refused(Map.of("buildpack", "no-such-buildpack"), "CF-AppInvalid");
        refused(Map.of("environment_json", Map.of("VCAP_X", "1")), "CF-AppInvalid");
        refused(Map.of("environment_json", Map.of("vmc_x", "1")), "CF-AppInvalid");
        refused(Map.of("environment_json", Map.of("PORT", "1")), "CF-AppInvalid");
        refused(Map.of("environment_json", List.of()), "CF-MessageParseError");
        refused(Map.of("health_check_type", "guess"), "CF-AppInvalid");
        refused(Map.of("health_check_timeout", 181), "CF-AppInvalid");
        refused(Map.of("name", "line\nend"), "CF-AppInvalid");
        refused(Map.of("stack_guid", "none"), "CF-InvalidRelation");
        refused(Map.of("docker_image", "busybox"), "CF-DockerDisabled");
    }

    private static void refused(Map<String, Object> with, String error) {
        var body = new HashMap<String, Object>(Map.of("name", "bad", "space_guid", space.space()));
        body.putAll(with);
        var answer = developer.post("/v2/apps", body);
        assertThat(answer.status()).as(with + " " + answer.body()).isEqualTo(400);
        assertThat(answer.json().path("error_code").asString()).as("%s", with).isEqualTo(error);
    }

    @Test
    void the_names_of_apps_are_unique_in_their_space_whatever_their_case() {
        cloud.app(developer, space, "Unique", Map.of());

        developer
                .post("/v2/apps", Map.of("name", "uNIQUE", "space_guid", space.space()))
                .error(400, "CF-AppNameTaken");
    }

    @Test
    void a_quota_bounds_memory_instances_and_routes_of_organization_and_space() {
        var admin = cloud.admin();
        var small = cloud.space("small");
        var me = cloud.developer("small-dev", small);
        var quota = new HashMap<String, Object>();
        quota.put("name", "small");
        quota.put("non_basic_services_allowed", false);
        quota.put("total_services", 1);
        quota.put("total_routes", 1);
        quota.put("memory_limit", 200);
        quota.put("instance_memory_limit", 150);
        quota.put("app_instance_limit", 3);
        var guid = admin.post("/v2/quota_definitions", quota).expect(201).guid();
        admin.put(
                        "/v2/organizations/" + small.organization(),
                        Map.of("quota_definition_guid", guid))
                .expect(201);
        var app = cloud.app(me, small, "quota", Map.of("memory", 100));
        cloud.upload(me, app);
        var path = "/v2/apps/" + app;

        me.put(path, Map.of("memory", 151)).error(400, "CF-QuotaInstanceMemoryLimitExceeded");
        me.put(path, Map.of("instances", 3)).expect(201);
        me.put(path, Map.of("state", "STARTED")).error(400, "CF-AppMemoryQuotaExceeded");
        me.put(path, Map.of("instances", 2)).expect(201);
        me.put(path, Map.of("state", "STARTED")).expect(201);
        me.put(path, Map.of("instances", 4, "memory", 10))
                .error(400, "CF-QuotaInstanceLimitExceeded");
        cloud.route(me, small, "first");
        me.post(
                        "/v2/routes",
                        Map.of(
                                "host",
                                "second",
                                "domain_guid",
                                cloud.domain(),
                                "space_guid",
                                small.space()))
                .error(400, "CF-OrgQuotaTotalRoutesExceeded");

        quota.put("organization_guid", small.organization());
        quota.put("memory_limit", 120);
        quota.put("instance_memory_limit", 90);
        quota.put("total_routes", 1);
        var ofSpace = admin.post("/v2/space_quota_definitions", quota).expect(201).guid();
        admin.put("/v2/space_quota_definitions/" + ofSpace + "/spaces/" + small.space(), "")
                .expect(201);
        me.put(path, Map.of("memory", 95, "instances", 1))
                .error(400, "CF-SpaceQuotaInstanceMemoryLimitExceeded");
        me.put(path, Map.of("memory", 80)).error(400, "CF-SpaceQuotaMemoryLimitExceeded");
        // Whatever the quota says, stopping is possible.
        me.put(path, Map.of("state", "STOPPED")).expect(201);
    }

    @Test
    void a_flag_that_is_off_stops_users_and_for_some_things_also_admins() {
        var app = uploaded(Map.of());
        whileOff(
                "app_scaling",
                () -> {
                    developer
                            .put("/v2/apps/" + app, Map.of("instances", 2))
                            .error(403, "CF-FeatureDisabled");
                    set(app, Map.of("instances", 1, "command", "not scaling"));
                    cloud.admin().put("/v2/apps/" + app, Map.of("instances", 2)).expect(201);
                });
        whileOff(
                "route_creation",
                () ->
                        developer
                                .post(
                                        "/v2/routes",
                                        Map.of(
                                                "host",
                                                "flagged",
                                                "domain_guid",
                                                cloud.domain(),
                                                "space_guid",
                                                space.space()))
                                .error(403, "CF-FeatureDisabled"));
        whileOff(
                "service_instance_creation",
                () ->
                        developer
                                .post(
                                        "/v2/user_provided_service_instances",
                                        Map.of("name", "flagged", "space_guid", space.space()))
                                .error(403, "CF-FeatureDisabled"));
        whileOff(
                "app_bits_upload",
                () ->
                        developer
                                .put("/v2/resource_match", List.of())
                                .error(403, "CF-FeatureDisabled"));
        whileOff(
                "env_var_visibility",
                () -> {
                    developer.get("/v2/apps/" + app + "/env").error(403, "CF-FeatureDisabled");
                    cloud.admin().get("/v2/apps/" + app + "/env").error(403, "CF-FeatureDisabled");
                });
        whileOff(
                "hide_marketplace_from_unauthenticated_users",
                () -> cloud.send("GET", "/v2/services", null, null, cloud.port).expect(200));
    }

    private static void whileOff(String flag, Runnable work) {
        var path = "/v2/config/feature_flags/" + flag;
        var before = cloud.admin().get(path).expect(200).json().path("enabled").asBoolean();
        cloud.admin()
                .put(path, Map.of("enabled", false, "error_message", "closed for now"))
                .expect(200);
        try {
            work.run();
        } finally {
            cloud.admin().put(path, Map.of("enabled", before)).expect(200);
        }
    }

    @Test
    void a_suspended_organization_is_only_looked_at() {
        var resting = cloud.space("resting");
        var me = cloud.developer("resting-dev", resting);
        var app = cloud.app(me, resting, "still", Map.of());
        var path = "/v2/organizations/" + resting.organization();
        cloud.admin().put(path, Map.of("status", "suspended")).expect(201);

        me.get("/v2/apps/" + app).expect(200);
        me.put("/v2/apps/" + app, Map.of("instances", 2)).error(403, "CF-NotAuthorized");
        me.delete("/v2/apps/" + app).error(403, "CF-NotAuthorized");
        cloud.admin().put("/v2/apps/" + app, Map.of("instances", 2)).expect(201);
        cloud.admin().put(path, Map.of("status", "active")).expect(201);
        me.put("/v2/apps/" + app, Map.of("instances", 3)).expect(201);
    }
}
