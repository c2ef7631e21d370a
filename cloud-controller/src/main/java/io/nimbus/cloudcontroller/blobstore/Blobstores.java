package io.nimbus.cloudcontroller.blobstore;

/**
 * What is kept where.
 *
 * @param packages by app guid
 * @param droplets by app guid and SHA-1
 * @param buildpacks by the buildpack's key
 * @param caches of buildpacks, by app guid and stack
 * @param resources files that apps may share, by SHA-1
 * @param uploads what a job is to work on, by the job's guid
 */
public record Blobstores(
        Blobstore packages,
        Blobstore droplets,
        Blobstore buildpacks,
        Blobstore caches,
        Blobstore resources,
        Blobstore uploads) {

    public static String droplet(String app, String sha1) {
        return app + "/" + sha1;
    }

    public static String cache(String app, String stack) {
        return app + "/" + stack;
    }
}
