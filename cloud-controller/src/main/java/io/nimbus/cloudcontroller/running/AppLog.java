package io.nimbus.cloudcontroller.running;

import io.nimbus.bus.LogEmitter;
import io.nimbus.subjects.Logs;

/** What the controller says in an app's own log, where its developer looks. */
public final class AppLog {
    private final LogEmitter emitter;

    public AppLog(LogEmitter emitter) {
        this.emitter = emitter;
    }

    public void say(String app, String line) {
        emitter.out(app, Logs.API, "0", line);
    }

    public void warn(String app, String line) {
        emitter.err(app, Logs.API, "0", line);
    }
}
