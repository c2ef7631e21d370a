package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Stop every staging task of an app; sent before each new one, so that only the newest can win. */
public record StagingStop(@JsonProperty("app_id") String app) {
    public static final Subject<StagingStop> SUBJECT =
            new Subject<>("staging.stop", StagingStop.class);

    public StagingStop {
        Wire.required(app, "app_id");
    }
}
