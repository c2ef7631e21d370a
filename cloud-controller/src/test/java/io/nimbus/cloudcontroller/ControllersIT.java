package io.nimbus.cloudcontroller;

import static io.nimbus.cloudcontroller.ccdb.Tables.JOBS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.table;

import io.nimbus.cloudcontroller.rest.Json;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Several controllers on one database, and what one leaves behind that was killed. */
class ControllersIT {
    /** What the scheduler calls every job. */
    private static final String TASK = "job";

    @Test
    void several_start_at_once_on_an_empty_database_and_share_it() {
        try (var cloud = new TestCloud()) {
            var others = new ArrayList<CloudController>();
            try {
                for (int i = 0; i < 2; i++) {
                    var port = TestCloud.freePort();
                    var other = cloud.controller(cloud.bus("cc-" + i), port);
                    others.add(other);
                    other.start();
                }
                others.forEach(other -> cloud.awaitReady(other.port()));

                var admin = cloud.uaa.header(TestCloud.ADMIN);
                for (var port : List.of(others.get(0).port(), others.get(1).port(), cloud.port)) {
                    for (var list :
                            List.of(
                                    "stacks",
                                    "shared_domains",
                                    "quota_definitions",
                                    "buildpacks")) {
                        assertThat(
                                        cloud.send("GET", "/v2/" + list, admin, null, port)
                                                .expect(200)
                                                .guids())
                                .as(list)
                                .hasSize(1);
                    }
                }
                var made =
                        cloud.send(
                                        "POST",
                                        "/v2/organizations",
                                        admin,
                                        Map.of("name", "shared"),
                                        others.get(0).port())
                                .expect(201);
                cloud.send(
                                "GET",
                                "/v2/organizations/" + made.guid(),
                                admin,
                                null,
                                others.get(1).port())
                        .expect(200);
            } finally {
                others.forEach(CloudController::close);
            }
        }
    }

    @Test
    void a_job_that_a_killed_controller_had_begun_is_done_by_another() {
        var cloud = TestCloud.shared();
        var organization =
                cloud.admin()
                        .post("/v2/organizations", Map.of("name", "doomed"))
                        .expect(201)
                        .guid();
        var job = UUID.randomUUID().toString();
        var order =
                Map.of(
                        "operation",
                        "delete",
                        "data",
                        Json.write(
                                Map.of(
                                        "resource",
                                        "organizations",
                                        "guid",
                                        organization,
                                        "recursive",
                                        true,
                                        "caller",
                                        "somebody",
                                        "scopes",
                                        List.of("cloud_controller.admin"))),
                        "tracked",
                        true);
        var longAgo = OffsetDateTime.now(java.time.ZoneOffset.UTC).minusHours(1);
        cloud.rows.look(dsl -> {
            dsl.insertInto(JOBS)
                    .set(JOBS.GUID, job)
                    .set(JOBS.OPERATION, "delete")
                    .set(JOBS.CREATED_AT, longAgo.toInstant())
                    .execute();
            return dsl.insertInto(table(name("scheduled_tasks")))
                    .set(field(name("task_name")), (Object) TASK)
                    .set(field(name("task_instance")), (Object) job)
                    .set(field(name("task_data")), (Object) Json.MAPPER.writeValueAsBytes(order))
                    .set(field(name("execution_time")), (Object) longAgo)
                    .set(field(name("picked")), (Object) true)
                    .set(field(name("picked_by")), (Object) "killed")
                    .set(field(name("last_heartbeat")), (Object) longAgo)
                    .set(field(name("version")), (Object) 1L)
                    .execute();
        });
        assertThat(status(cloud, job)).isIn("queued", "running");

        await().atMost(TestCloud.LONG.multipliedBy(2))
                .until(() -> status(cloud, job).equals("finished"));

        cloud.admin()
                .get("/v2/organizations/" + organization)
                .error(404, "CF-OrganizationNotFound");
    }

    private static String status(TestCloud cloud, String job) {
        return cloud.admin().get("/v2/jobs/" + job).expect(200).entity().path("status").asString();
    }
}
