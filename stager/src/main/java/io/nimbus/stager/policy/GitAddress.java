package io.nimbus.stager.policy;

import java.net.URI;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where a custom buildpack comes from.
 *
 * @param url without the fragment
 * @param branch a branch or tag, from the fragment; null: the default one
 * @param zip whether it is an archive to download, not a repository to clone
 */
public record GitAddress(String url, @Nullable String branch, boolean zip) {

    /** {@code https://host/pack#v1}; a path that ends in {@code .zip} is an archive. */
    public static GitAddress parse(String text) {
        var hash = text.indexOf('#');
        var url = hash < 0 ? text : text.substring(0, hash);
        var branch = hash < 0 || hash == text.length() - 1 ? null : text.substring(hash + 1);
        return new GitAddress(url, branch, path(url).toLowerCase(Locale.ROOT).endsWith(".zip"));
    }

    private static String path(String url) {
        try {
            var path = URI.create(url).getPath();
            return path == null ? url : path;
        } catch (IllegalArgumentException e) {
            return url; // user@host:path, as ssh has it
        }
    }

    /** Without a password in it: fit for a log that the user reads. */
    public String shown() {
        return url.replaceFirst("(?<=://)[^/@]*@", "***@");
    }
}
