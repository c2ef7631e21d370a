package io.nimbus.simulation;

import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Users and mishaps, one every few seconds, by the world's seed. */
final class Chaos {
    private final World world;
    private final RandomGenerator random;
    private int pushed;

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
        world.controller().ifPresent(controller -> controller.push(app, instances));
    }

    void strike() {
        switch (random.nextInt(20)) {
            case 0, 1 -> changeApp();
            case 2 -> restage();
            case 3 -> killDea();
            case 4 -> cutOffDea();
            case 5 -> restartAgent();
            case 6 -> evacuate();
            case 7, 8 -> crash();
            case 9 -> crashAtStart();
            case 10 -> controllerOutage();
            case 11 -> busOutage();
            case 12 -> restartManager();
            case 13, 14 -> worsenNetwork();
            case 15 -> world.network().heal();
            case 16 -> restartStager();
            case 17 -> restartRouter();
            case 18 -> world.controller().ifPresent(Controller::dieAfterCommit);
            default -> cutOffManager();
        }
    }

    private void say(String what) {
        world.journal.write(what);
    }

    private Optional<Database.App> app() {
        var apps = world.database.apps();
        return apps.isEmpty()
                ? Optional.empty()
                : Optional.of(apps.get(random.nextInt(apps.size())));
    }

    private void crashAtStart() {
        var crashes = random.nextBoolean();
        app().ifPresent(app -> {
            say(app.guid() + (crashes ? " crashes" : " no longer crashes"));
            world.truth.crashing(app.guid(), crashes);
        });
    }

    private void changeApp() {
        var app = app();
        var controller = world.controller();
        if (app.isEmpty() || world.database.apps().size() < 3) {
            push("app" + 100 + pushed++, 2);
        } else if (controller.isPresent()) {
            changeApp(app.get(), controller.get());
        }
    }

    private void changeApp(Database.App app, Controller controller) {
        switch (random.nextInt(6)) {
            case 0, 1 -> {
                var instances = 1 + random.nextInt(5);
                say("scale " + app.guid() + " to " + instances);
                controller.change(app, app.withInstances(instances));
            }
            case 2 -> {
                say("stop " + app.guid());
                controller.change(app, app.withStarted(false));
            }
            case 3, 4 -> {
                say("restart " + app.guid());
                var stopped = app.withStarted(false);
                controller.change(app, stopped);
                if (controller.isUp()) {
                    controller.change(stopped, stopped.withStarted(true));
                }
            }
            default -> {
                say("delete " + app.guid());
                controller.delete(app.guid());
            }
        }
    }

    private void restage() {
        app().ifPresent(app -> {
            say("restage " + app.guid());
            world.controller().ifPresent(controller -> controller.restage(app));
        });
    }

    private Dea dea() {
        var living = world.living();
        return living.get(random.nextInt(living.size()));
    }

    private void killDea() {
        var dea = dea();
        if (random.nextBoolean()) {
            say(dea.id() + " dies");
            dea.die();
        } else {
            say(dea.id() + " is told to end");
            dea.terminate();
        }
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
                .filter(Dea.Running::serves)
                .findFirst()
                .ifPresent(instance -> {
                    say(instance.app() + "/" + instance.index() + " crashes");
                    dea.crash(instance);
                });
    }

    private void controllerOutage() {
        var away = Duration.ofSeconds(10 + random.nextInt(150));
        if (random.nextBoolean()) {
            say("no controller for " + away);
            world.controllers.forEach(controller -> controller.restart(away));
        } else {
            say("one controller less for " + away);
            world.controller().ifPresent(controller -> controller.restart(away));
        }
    }

    private void restartStager() {
        say("a stager restarts");
        world.stagers.get(random.nextInt(world.stagers.size())).restart();
    }

    private void restartRouter() {
        say("the router restarts");
        world.router.restart();
    }

    private void busOutage() {
        var seconds = 3 + random.nextInt(70);
        say("no bus for " + seconds + " s");
        world.living().forEach(Dea::cutOff);
        world.controllers.forEach(Controller::cutOff);
        world.managers.forEach(World.Manager::cutOff);
        world.stagers.forEach(Stager::cutOff);
        world.router.cutOff();
        world.time.after(Duration.ofSeconds(seconds), this::rejoin);
    }

    private void rejoin() {
        world.living().forEach(Dea::rejoin);
        world.controllers.forEach(Controller::rejoin);
        world.managers.forEach(World.Manager::rejoin);
        world.stagers.forEach(Stager::rejoin);
        world.router.rejoin();
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

    /** Everything works from now on, and users try again what was refused them. */
    void end() {
        say("everything works again");
        world.network().heal();
        world.truth.heal();
        rejoin();
        while (world.living().stream().filter(d -> !d.isEvacuating()).count() < 2) {
            world.addDea();
        }
        world.run(Duration.ofSeconds(10));
        for (var app : world.database.apps()) {
            if (app.staging() != Database.Staging.STAGED) {
                say("restage " + app.guid());
                world.controller().orElseThrow().restage(app);
            }
        }
    }
}
