package io.nimbus.cloudcontroller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nimbus.cloudcontroller.TestCloud.As;
import io.nimbus.cloudcontroller.TestCloud.Space;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The way of an app, call by call as a client makes them. */
class PushIT {
    private static TestCloud cloud;
    private static FakeStager stager;
    private static FakeDea dea;
    private static Space space;
    private static As developer;

    @BeforeAll
    static void start() {
        cloud = new TestCloud();
        stager = new FakeStager("s1", cloud.bus("stager"), cloud.timers);
        dea = new FakeDea("d1", cloud.bus("dea"), cloud.timers);
        space = cloud.space("push");
        developer = cloud.developer("dev", space);
    }

    @AfterAll
    static void stop() {
        cloud.close();
    }

    @Test
    void an_app_is_pushed_and_runs() {
        var app =
                cloud.app(
                        developer,
                        space,
                        "web",
                        Map.of("memory", 128, "environment_json", Map.of("COLOR", "blue")));
        var domain =
                developer
                        .get("/v2/shared_domains")
                        .expect(200)
                        .json()
                        .path("resources")
                        .get(0)
                        .path("metadata")
                        .path("guid")
                        .asString();
        var route =
                developer
                        .post(
                                "/v2/routes",
                                Map.of(
                                        "host",
                                        "web",
                                        "domain_guid",
                                        domain,
                                        "space_guid",
                                        space.space()))
                        .expect(201)
                        .guid();
        developer.put("/v2/routes/" + route + "/apps/" + app, "{}").expect(201);
        cloud.upload(developer, app);

        developer.put("/v2/apps/" + app, Map.of("state", "STARTED")).expect(201);
        await().atMost(TestCloud.LONG)
                .until(() ->
                        developer
                                .get("/v2/apps/" + app)
                                .entity()
                                .path("package_state")
                                .asString()
                                .equals("STAGED"));
        await().atMost(TestCloud.LONG)
                .until(() ->
                        developer
                                .get("/v2/apps/" + app + "/instances")
                                .json()
                                .path("0")
                                .path("state")
                                .asString("")
                                .equals("RUNNING"));

        var start = dea.starts.stream().filter(s -> s.app().equals(app)).findFirst().orElseThrow();
        assertThat(start.uris()).containsExactly("web.localhost");
        assertThat(start.environment()).contains("COLOR=blue", "CF_PROCESS_TYPE=web");
        assertThat(stager.requests).isNotEmpty();
    }
}
