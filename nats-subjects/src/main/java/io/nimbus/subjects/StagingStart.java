package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Stage an app: {@code staging.<id>.start}, from a controller to one stager. Two {@link
 * StagingReply}s come on the request's inbox: accepted (with the log's address), then the result.
 *
 * @param task 32 hex digits; a reply whose task is no longer the app's is ignored
 * @param packageUrl the app's zip
 * @param dropletUploadUrl where to POST the droplet, multipart part {@code upload[droplet]}
 * @param cacheDownloadUrl null when there is no cache yet
 * @param startMessage as the app would be started, index 0, without a droplet; a DEA that stages
 *     starts it itself, a stager reads {@code vcap_application} and the services from it
 * @param buildpacks the operator's, in order of priority
 * @param completionUrl ours: where to POST the second reply until it is taken, so that no result
 *     dies with the controller that asked
 */
public record StagingStart(
        @JsonProperty("app_id") String app,
        @JsonProperty("task_id") String task,
        Properties properties,
        @JsonProperty("download_uri") String packageUrl,
        @JsonProperty("upload_uri") String dropletUploadUrl,
        @JsonProperty("buildpack_cache_download_uri") @Nullable String cacheDownloadUrl,
        @JsonProperty("buildpack_cache_upload_uri") String cacheUploadUrl,
        @JsonProperty("start_message") @Nullable DeaStart startMessage,
        @JsonProperty("admin_buildpacks") List<Buildpack> buildpacks,
        @JsonProperty("egress_network_rules") List<EgressRule> egressRules,
        @JsonInclude(Include.NON_NULL) @Nullable String stack,
        @JsonProperty("memory_limit") @JsonInclude(Include.NON_NULL)
                @Nullable Integer memoryLimitMb,
        @JsonProperty("disk_limit") @JsonInclude(Include.NON_NULL) @Nullable Integer diskLimitMb,
        @JsonProperty("completion_uri") @JsonInclude(Include.NON_NULL)
                @Nullable String completionUrl) {

    public StagingStart {
        Wire.required(app, "app_id");
        Wire.required(task, "task_id");
        Wire.required(properties, "properties");
        Wire.required(packageUrl, "download_uri");
        Wire.required(dropletUploadUrl, "upload_uri");
        Wire.required(cacheUploadUrl, "buildpack_cache_upload_uri");
        buildpacks = Wire.list(buildpacks);
        egressRules = Wire.list(egressRules);
    }

    public static RequestSubject<StagingStart, StagingReply> to(String stager) {
        return new RequestSubject<>(
                "staging." + Subject.token(stager) + ".start",
                StagingStart.class,
                StagingReply.class);
    }

    /** Without addresses and environment: fit for a log. */
    @Override
    public String toString() {
        return "StagingStart[app=" + app + ", task=" + task + "]";
    }

    /**
     * @param environment {@code NAME=value}
     * @param meta {@code command} when the user gave a start command
     * @param buildpack a custom buildpack's git address; {@code buildpackGitUrl} repeats it
     * @param buildpackKey an operator's buildpack, by key
     * @param buildpacks ours: the list when the user named any, in order; the three keys above are
     *     only set when it has exactly one
     */
    public record Properties(
            List<ServiceBinding> services,
            Resources resources,
            List<String> environment,
            Map<String, Object> meta,
            @JsonInclude(Include.NON_NULL) @Nullable String buildpack,
            @JsonProperty("buildpack_git_url") @JsonInclude(Include.NON_NULL)
                    @Nullable String buildpackGitUrl,
            @JsonProperty("buildpack_key") @JsonInclude(Include.NON_NULL)
                    @Nullable String buildpackKey,
            @JsonInclude(Include.NON_EMPTY) List<NamedBuildpack> buildpacks) {
        public Properties {
            Wire.required(resources, "properties.resources");
            services = Wire.list(services);
            environment = Wire.list(environment);
            meta = Wire.map(meta);
            buildpacks = Wire.list(buildpacks);
        }
    }

    public record Resources(
            @JsonProperty(value = "memory", required = true) int memoryMb,
            @JsonProperty(value = "disk", required = true) int diskMb,
            @JsonProperty("fds") int files) {}

    /**
     * @param key the folder's name at the stager: {@code <guid>_<sha>}
     */
    public record Buildpack(String key, String url) {
        public Buildpack {
            Wire.required(key, "admin_buildpacks[].key");
            Wire.required(url, "admin_buildpacks[].url");
        }
    }

    /** One buildpack the user named: an operator's ({@code key}) or a custom one ({@code url}). */
    @JsonInclude(Include.NON_NULL)
    public record NamedBuildpack(String name, @Nullable String key, @Nullable String url) {
        public NamedBuildpack {
            Wire.required(name, "buildpacks[].name");
        }
    }
}
