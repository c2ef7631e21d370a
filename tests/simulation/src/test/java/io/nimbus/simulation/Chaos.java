package io.nimbus.simulation;

import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;

/** Users and mishaps, one every few seconds, by the world's seed. */
final class Chaos {
    private final World world;
    private final RandomGenerator random;
    private int versions;

    Chaos(World world) {
        this.world = world;
        this.random = world.random;
    }

    /** Some apps that run before anything goes wrong. */
    void pushApps(int count) {
        for (int i = 0; i < count; i++) {
            push("app" + i, 1 + random.nextInt(4));
        }
    }

    private void push(String app, int instances) {
        say("push " + app + " x" + instances);
        world.database.put(
                new Database.App(
                        app, "v" + versions++, instances, true, Database.Staging.STAGED));
        world.controller().carryOut(app);
    }

    void strike() {
        switch (random.nextInt(17)) {
            case 0, 1 -> changeApp();
            case 2 -> restage();
            case 3 -> killDea();
            case 4 -> cutOffDea();
            case 5 -> restartAgent();
            case 6 -> evacuate();
            case 7, 8 -> crash();
            case 9 -> world.truth.crashing(app().guid(), random.nextBoolean());
            case 10 -> controllerOutage();
            case 11 -> busOutage();
            case 12 -> restartManager();
            case 13, 14 -> worsenNetwork();
            case 15 -> world.network().heal();
            default -> cutOffManager();
        }
    }

    private void say(String what) {
        world.journal.write(what);
    }

    private Database.App app() {
        var apps = world.database.apps();
        return apps.get(random.nextInt(apps.size()));
    }

    private void changeApp() {
        var app = app();
        switch (random.nextInt(5)) {
            case 0, 1 -> {
                var instances = 1 + random.nextInt(5);
                say("scale " + app.guid() + " to " + instances);
                world.database.put(
                        new Database.App(
                                app.guid(),
                                app.version(),
                                instances,
                                app.started(),
                                app.staging()));
                scale(app, instances);
            }
            case 2 -> {
                say("stop " + app.guid());
                world.database.put(
                        new Database.App(
                                app.guid(), app.version(), app.instances(), false, app.staging()));
                world.controller().stopAll(app.guid());
            }
            case 3 -> {
                // A new version; the stop of the old one may be lost.
                world.controller().stopAll(app.guid());
                push(app.guid(), app.instances());
            }
            default -> {
                if (world.database.apps().size() > 2) {
                    say("delete " + app.guid());
                    world.database.delete(app.guid());
                    world.controller().stopAll(app.guid());
                } else {
                    push("app" + (100 + versions), 2);
                }
            }
        }
    }

    /** A controller starts what is added itself; what is too much it leaves to the health manager. */
    private void scale(Database.App before, int instances) {
        if (instances > before.instances() && random.nextBoolean()) {
            return; // it was killed before it could
        }
        world.controller().tellOf(before.guid(), before.instances());
    }

    private void restage() {
        var app = app();
        say("restage " + app.guid());
        world.database.put(staging(app, Database.Staging.PENDING));
        world.time.after(
                Duration.ofSeconds(10 + random.nextInt(60)),
                () ->
                        world.database
                                .app(app.guid())
                                .filter(a -> a.staging() == Database.Staging.PENDING)
                                .ifPresent(
                                        a -> {
                                            world.database.put(staging(a, Database.Staging.STAGED));
                                            world.controller().tellOf(a.guid(), a.instances());
                                        }));
    }

    private static Database.App staging(Database.App app, Database.Staging staging) {
        return new Database.App(
                app.guid(), app.version(), app.instances(), app.started(), staging);
    }

    private Dea dea() {
        var living = world.living();
        return living.get(random.nextInt(living.size()));
    }

    private void killDea() {
        var dea = dea();
        say(dea.id() + " dies");
        dea.die();
        replace();
    }

    private void replace() {
        if (world.living().stream().filter(d -> !d.isEvacuating()).count() < 2) {
            world.addDea();
        } else {
            world.time.after(Duration.ofSeconds(random.nextInt(60)), world::addDea);
        }
    }

    private void cutOffDea() {
        var dea = dea();
        var seconds = 5 + random.nextInt(90);
        say(dea.id() + " is cut off for " + seconds + " s");
        dea.cutOff();
        world.time.after(Duration.ofSeconds(seconds), dea::rejoin);
    }

    private void restartAgent() {
        var dea = dea();
        say("the agent of " + dea.id() + " restarts");
        dea.restartAgent();
    }

    private void evacuate() {
        var dea = dea();
        if (!dea.isEvacuating()) {
            say(dea.id() + " evacuates");
            dea.evacuate();
            replace();
        }
    }

    private void crash() {
        var dea = dea();
        dea.instances().stream()
                .filter(i -> i.state() == io.nimbus.subjects.InstanceState.RUNNING)
                .findAny()
                .ifPresent(
                        instance -> {
                            say(instance.app() + "/" + instance.index() + " crashes");
                            dea.crash(instance);
                        });
    }

    private void controllerOutage() {
        var seconds = 10 + random.nextInt(150);
        say("no controller for " + seconds + " s");
        world.controllers.forEach(Controller::goDown);
        world.time.after(
                Duration.ofSeconds(seconds), () -> world.controllers.forEach(Controller::comeUp));
    }

    private void busOutage() {
        var seconds = 3 + random.nextInt(70);
        say("no bus for " + seconds + " s");
        world.living().forEach(Dea::cutOff);
        world.controllers.forEach(Controller::goDown);
        world.managers.forEach(World.Manager::cutOff);
        world.time.after(Duration.ofSeconds(seconds), this::rejoin);
    }

    private void rejoin() {
        world.living().forEach(Dea::rejoin);
        world.controllers.forEach(Controller::comeUp);
        world.managers.forEach(World.Manager::rejoin);
    }

    private void restartManager() {
        var manager = world.managers.remove(random.nextInt(world.managers.size()));
        if (random.nextBoolean()) {
            manager.kill();
        } else {
            manager.stop();
        }
        if (world.managers.isEmpty()) {
            world.addManager();
        } else {
            world.time.after(Duration.ofSeconds(random.nextInt(60)), world::addManager);
        }
    }

    private void cutOffManager() {
        var manager = world.managers.get(random.nextInt(world.managers.size()));
        var seconds = 1 + random.nextInt(60);
        say(manager.name + " is cut off for " + seconds + " s");
        manager.cutOff();
        world.time.after(
                Duration.ofSeconds(seconds),
                () -> {
                    if (world.managers.contains(manager)) {
                        manager.rejoin();
                    }
                });
    }

    private void worsenNetwork() {
        var loss = random.nextDouble() * 0.1;
        var repetition = random.nextDouble() * 0.05;
        var delay = Duration.ofMillis(random.nextLong(4_000));
        say("the bus loses %.2f, repeats %.2f, delays %s".formatted(loss, repetition, delay));
        world.network().worsen(loss, repetition, delay);
    }

    /** Everything works from now on. */
    void end() {
        say("everything works again");
        world.network().heal();
        world.truth.heal();
        rejoin();
        for (var app : List.copyOf(world.database.apps())) {
            if (app.staging() == Database.Staging.PENDING) {
                world.database.put(staging(app, Database.Staging.STAGED));
            }
        }
        while (world.living().stream().filter(d -> !d.isEvacuating()).count() < 2) {
            world.addDea();
        }
    }
}
