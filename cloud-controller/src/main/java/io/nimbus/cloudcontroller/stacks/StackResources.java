package io.nimbus.cloudcontroller.stacks;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.BUILDPACKS;
import static io.nimbus.cloudcontroller.ccdb.Tables.LOCKINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.STACKS;
import static io.nimbus.cloudcontroller.errors.CloudError.BUILDPACK_INVALID;
import static io.nimbus.cloudcontroller.errors.CloudError.STACK_INVALID;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.jobs.Jobs;
import io.nimbus.cloudcontroller.rest.Attribute;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.rest.Checks;
import io.nimbus.cloudcontroller.rest.Lifecycle;
import io.nimbus.cloudcontroller.rest.Query;
import io.nimbus.cloudcontroller.rest.Resource;
import io.nimbus.cloudcontroller.rest.Resource.Operation;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jooq.DSLContext;

/** Stacks and buildpacks, as they are declared. */
public final class StackResources {
    /** Stagings under way may still fetch a buildpack that is gone. */
    private static final Duration STAGING = Duration.ofMinutes(20);

    private StackResources() {}

    public static List<Resource> declare(Jobs jobs) {
        return List.of(stacks(), buildpacks(jobs));
    }

    private static Resource stacks() {
        return Resource.of("stacks", "stack", STACKS, CloudError.STACK_NOT_FOUND)
                .serves(Operation.LIST, Operation.CREATE, Operation.READ, Operation.DELETE)
                .attributes(
                        Attribute.text("name")
                                .column(STACKS.NAME)
                                .required()
                                .stripped()
                                .check(Checks.name(STACK_INVALID)),
                        Attribute.text("description")
                                .column(STACKS.DESCRIPTION)
                                .check(Checks.longest(4096, STACK_INVALID, "the description")))
                .queryBy(Query.text("name", STACKS.NAME))
                .unique("stacks_name", CloudError.STACK_NAME_TAKEN, "name")
                .publicToAll()
                .on(
                        new Lifecycle() {
                            @Override
                            public void beforeDelete(Change change, boolean recursive) {
                                if (change.tx()
                                        .fetchExists(APPS, APPS.STACK_GUID.eq(change.guid()))) {
                                    throw CloudError.ASSOCIATION_NOT_EMPTY.of("apps", "stacks");
                                }
                            }
                        })
                .build();
    }

    private static Resource buildpacks(Jobs jobs) {
        return Resource.of("buildpacks", "buildpack", BUILDPACKS, CloudError.NOT_FOUND)
                .attributes(
                        Attribute.text("name")
                                .column(BUILDPACKS.NAME)
                                .required()
                                .stripped()
                                .check(name -> {
                                    if (!name.matches("[\\w-]{1,255}")) {
                                        throw BUILDPACK_INVALID.of(
                                                "the name is made of letters, digits, _ and -");
                                    }
                                }),
                        Attribute.text("stack").column(BUILDPACKS.STACK),
                        Attribute.integer("position").column(BUILDPACKS.POSITION).orElse(0),
                        Attribute.flag("enabled").column(BUILDPACKS.ENABLED).orElse(true),
                        Attribute.flag("locked").column(BUILDPACKS.LOCKED).orElse(false),
                        Attribute.text("filename").column(BUILDPACKS.FILENAME).readOnly())
                .queryBy(Query.text("name", BUILDPACKS.NAME), Query.text("stack", BUILDPACKS.STACK))
                .ordered(BUILDPACKS.POSITION)
                .unique("buildpacks_name", CloudError.BUILDPACK_NAME_STACK_TAKEN, "name", "stack")
                .publicToAll()
                .on(new BuildpackRules(jobs))
                .build();
    }

    /** Positions are 1, 2, 3 …: who comes in at one pushes the others on. */
    private static final class BuildpackRules implements Lifecycle {
        private final Jobs jobs;

        BuildpackRules(Jobs jobs) {
            this.jobs = jobs;
        }

        @Override
        public void beforeSave(Change change) {
            lock(change.tx());
            var stack = change.get(BUILDPACKS.STACK);
            if (stack != null && change.changes(BUILDPACKS.STACK)) {
                if (change.before(BUILDPACKS.STACK) != null) {
                    throw BUILDPACK_INVALID.of("the stack of a buildpack cannot change");
                }
                if (!change.tx().fetchExists(STACKS, STACKS.NAME.eq(stack))) {
                    throw BUILDPACK_INVALID.of("there is no stack " + stack);
                }
            }
            if (!change.isCreating() && !change.changes(BUILDPACKS.POSITION)) {
                return;
            }
            var others =
                    change.tx()
                            .selectCount()
                            .from(BUILDPACKS)
                            .where(BUILDPACKS.GUID.ne(change.guid()))
                            .fetchSingle()
                            .value1();
            var wanted = Math.max(1, Math.min(change.need(BUILDPACKS.POSITION), others + 1));
            if (!change.isCreating()) {
                var old = Objects.requireNonNull(change.before(BUILDPACKS.POSITION));
                change.tx()
                        .update(BUILDPACKS)
                        .set(BUILDPACKS.POSITION, BUILDPACKS.POSITION.minus(1))
                        .where(BUILDPACKS.POSITION.gt(old))
                        .and(BUILDPACKS.GUID.ne(change.guid()))
                        .execute();
            }
            change.tx()
                    .update(BUILDPACKS)
                    .set(BUILDPACKS.POSITION, BUILDPACKS.POSITION.plus(1))
                    .where(BUILDPACKS.POSITION.ge(wanted))
                    .and(BUILDPACKS.GUID.ne(change.guid()))
                    .execute();
            change.set(BUILDPACKS.POSITION, wanted);
        }

        @Override
        public void beforeDelete(Change change, boolean recursive) {
            lock(change.tx());
            change.tx()
                    .update(BUILDPACKS)
                    .set(BUILDPACKS.POSITION, BUILDPACKS.POSITION.minus(1))
                    .where(BUILDPACKS.POSITION.gt(change.need(BUILDPACKS.POSITION)))
                    .execute();
            var key = change.get(BUILDPACKS.KEY);
            if (key != null) {
                jobs.runAt(
                        change.tx(),
                        BuildpackBits.DELETE,
                        new BuildpackBits.Delete(key),
                        change.now().plus(STAGING));
            }
        }

        private static void lock(DSLContext tx) {
            tx.select(LOCKINGS.NAME)
                    .from(LOCKINGS)
                    .where(LOCKINGS.NAME.eq("buildpacks"))
                    .forUpdate()
                    .fetch();
        }
    }
}
