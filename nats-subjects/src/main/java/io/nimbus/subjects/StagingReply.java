package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a stager says of a task. The first reply accepts (or refuses) it and carries {@link
 * #streamingLogUrl}; the second is the result. A stopped or refused task gets one reply with {@link
 * #error}.
 *
 * @param dropletSha1 set by a DEA that staged and has started instance 0 itself; our stager leaves
 *     it out (the controller knows the sha1 from the upload)
 * @param buildpackKey the operator's buildpack that was used
 * @param procfile process type to command
 * @param error null on success
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record StagingReply(
        @JsonProperty("task_id") String task,
        @JsonProperty("task_streaming_log_url") @Nullable String streamingLogUrl,
        @JsonProperty("detected_buildpack") @Nullable String detectedBuildpack,
        @JsonProperty("buildpack_key") @Nullable String buildpackKey,
        @JsonProperty("droplet_sha1") @Nullable String dropletSha1,
        @JsonProperty("detected_start_command") @Nullable String detectedStartCommand,
        @Nullable Map<String, String> procfile,
        @JsonProperty("app_id") @Nullable String app,
        @Nullable String error,
        @JsonProperty("error_info") @Nullable ErrorInfo errorInfo) {

    public StagingReply {
        Wire.required(task, "task_id");
    }

    public static StagingReply accepted(String task, @Nullable String streamingLogUrl) {
        return new StagingReply(
                task, streamingLogUrl, null, null, null, null, null, null, null, null);
    }

    /**
     * A task that ended without a droplet. {@code type} is a name of the controller's error
     * catalogue.
     */
    public static StagingReply failed(String task, String app, String type, String message) {
        return new StagingReply(
                task,
                null,
                null,
                null,
                null,
                null,
                null,
                app,
                message,
                new ErrorInfo(type, message));
    }

    public boolean isFailure() {
        return error != null || errorInfo != null;
    }

    /**
     * @param type a name of the controller's error catalogue, such as {@code
     *     BuildpackCompileFailed}
     */
    public record ErrorInfo(@Nullable String type, @Nullable String message) {}
}
