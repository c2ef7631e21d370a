package io.nimbus.cloudcontroller.apps;

import io.nimbus.cloudcontroller.errors.CloudError;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * A file of the app that the client did not upload because the platform has it.
 *
 * @param path within the app
 * @param mode Unix permissions
 */
record KnownFile(String path, String sha1, int mode) {
    private static final Pattern SHA1 = Pattern.compile("[0-9a-f]{40}");
    private static final int DEFAULT_MODE = 0744;
    private static final int OWNER = 0600;

    /**
     * @throws io.nimbus.cloudcontroller.errors.CloudException AppBitsUploadInvalid and others about
     *     a file
     */
    static List<KnownFile> read(JsonNode list) {
        if (!list.isArray()) {
            throw CloudError.APP_BITS_UPLOAD_INVALID.of("resources is not a list");
        }
        var files = new ArrayList<KnownFile>();
        for (var item : list) {
            var path = item.path("fn").asString("");
            var sha1 = item.path("sha1").asString("");
            if (path.isEmpty() || !SHA1.matcher(sha1).matches()) {
                throw CloudError.APP_BITS_UPLOAD_INVALID.of("a resource needs fn and sha1");
            }
            if (!PackageZip.isInside(path)) {
                throw CloudError.APP_RESOURCES_FILE_PATH_INVALID.of(path);
            }
            files.add(new KnownFile(path, sha1, mode(path, item.path("mode"))));
        }
        return files;
    }

    private static int mode(String path, JsonNode given) {
        if (given.isMissingNode() || given.isNull() || given.asString("").isEmpty()) {
            return DEFAULT_MODE;
        }
        try {
            var mode = Integer.parseInt(given.asString(""), 8) & 0777;
            if ((mode & OWNER) == OWNER) {
                return mode;
            }
        } catch (NumberFormatException e) {
            // said below, as a mode that is too narrow is
        }
        throw CloudError.APP_RESOURCES_FILE_MODE_INVALID.of(
                path + " has mode " + given.asString(""));
    }
}
