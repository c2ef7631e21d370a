package io.nimbus.cloudcontroller.running;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nimbus.cloudcontroller.access.TokenGate;
import java.net.URI;
import java.net.URLEncoder;

/**
 * Where DEAs and stagers fetch and bring what they need: this controller, or the balancer before
 * several, with the user and password in the address. Never logged.
 */
public final class Addresses {
    private final String staging;
    private final String internal;

    /**
     * @param controller as DEAs and stagers reach it
     */
    public Addresses(URI controller, TokenGate.Login staging, TokenGate.Login internal) {
        this.staging = base(controller, staging);
        this.internal = base(controller, internal);
    }

    private static String base(URI uri, TokenGate.Login login) {
        return uri.getScheme()
                + "://"
                + encode(login.user())
                + ":"
                + encode(login.password())
                + "@"
                + uri.getHost()
                + (uri.getPort() == -1 ? "" : ":" + uri.getPort());
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, UTF_8).replace("+", "%20");
    }

    public String packageOf(String app) {
        return staging + "/staging/apps/" + app;
    }

    public String droplet(String app, String sha1) {
        return staging + "/staging/droplets/" + app + "/download?checksum=" + sha1;
    }

    /** The task's id says later which of several droplets a result is about. */
    public String dropletUpload(String app, String task) {
        return staging + "/staging/droplets/" + app + "/upload?task_id=" + task;
    }

    public String cacheDownload(String app) {
        return staging + "/staging/buildpack_cache/" + app + "/download";
    }

    public String cacheUpload(String app) {
        return staging + "/staging/buildpack_cache/" + app + "/upload";
    }

    public String buildpack(String guid) {
        return staging + "/v2/buildpacks/" + guid + "/download";
    }

    public String completion(String app) {
        return internal + "/internal/dea/staging/" + app + "/completed";
    }

    public String job(String guid) {
        return staging + "/staging/jobs/" + guid;
    }
}
