package io.nimbus.cloudcontroller;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.cloudcontroller.TestCloud.As;
import io.nimbus.cloudcontroller.TestCloud.Space;
import io.nimbus.cloudcontroller.rest.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipInputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Bits of apps and buildpacks: what is taken, what is made of it, what is refused. */
class BitsIT {
    private static TestCloud cloud;
    private static Space space;
    private static As developer;
    private static int count;

    @BeforeAll
    static void start() {
        cloud = TestCloud.shared();
        space = cloud.space("bits");
        developer = cloud.developer("bits-dev", space);
    }

    private static String app() {
        return cloud.app(developer, space, "bits-" + ++count, Map.of());
    }

    private static String bits(String app) {
        return "/v2/apps/" + app + "/bits";
    }

    private static Map<String, String> packed(String app) throws IOException {
        var url = "http://127.0.0.1:" + cloud.port + "/staging/apps/" + app;
        var files = new HashMap<String, String>();
        try (var zip = new ZipInputStream(new ByteArrayInputStream(cloud.download(url)))) {
            for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                files.put(entry.getName(), new String(zip.readAllBytes(), UTF_8));
            }
        }
        return files;
    }

    @Test
    void known_files_and_uploaded_ones_make_the_package() throws Exception {
        var large = "z".repeat(70_000);
        var first = app();
        developer
                .upload(
                        bits(first),
                        Map.of(
                                "resources",
                                "[]",
                                "application",
                                Zips.of(Map.of("large.txt", large, "small.txt", "s"))))
                .expect(201);
        var known = Map.of("sha1", sha1(large), "size", large.length());
        var unknown = Map.of("sha1", sha1("other"), "size", 70_000);

        var matched =
                developer.put("/v2/resource_match", List.of(known, unknown)).expect(200).json();
        assertThat(matched.size()).isEqualTo(1);
        assertThat(matched.get(0).path("sha1").asString()).isEqualTo(sha1(large));

        var second = app();
        var resources =
                List.of(
                        Map.of(
                                "fn",
                                "dir/copy.txt",
                                "sha1",
                                sha1(large),
                                "size",
                                large.length(),
                                "mode",
                                "644"));
        developer
                .upload(
                        bits(second),
                        Map.of(
                                "resources",
                                Json.write(resources),
                                "application",
                                Zips.of(Map.of("own.txt", "mine"))))
                .expect(201);

        assertThat(packed(second))
                .containsEntry("dir/copy.txt", large)
                .containsEntry("own.txt", "mine");
        assertThat(developer.get("/v2/apps/" + second).entity().path("package_state").asString())
                .isEqualTo("PENDING");
    }

    private static String sha1(String text) throws NoSuchAlgorithmException {
        return HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-1").digest(text.getBytes(UTF_8)));
    }

    private static byte[] zip(String name, int mode, String content) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipArchiveOutputStream(bytes)) {
            var entry = new ZipArchiveEntry(name);
            entry.setUnixMode(mode);
            zip.putArchiveEntry(entry);
            zip.write(content.getBytes(UTF_8));
            zip.closeArchiveEntry();
        }
        return bytes.toByteArray();
    }

    @Test
    void archives_that_reach_out_of_their_root_are_refused() throws IOException {
        for (var name : List.of("../evil", "a/../../evil", "/etc/evil")) {
            var answer =
                    developer.upload(
                            bits(app()),
                            Map.of("resources", "[]", "application", zip(name, 0100644, "x")));
            assertThat(answer.status()).as(name + answer.body()).isEqualTo(400);
        }
        for (var target : List.of("../../etc/passwd", "/etc/passwd")) {
            var answer =
                    developer.upload(
                            bits(app()),
                            Map.of("resources", "[]", "application", zip("l", 0120777, target)));
            assertThat(answer.status()).as(target + answer.body()).isEqualTo(400);
        }
    }

    @Test
    void forms_without_sense_are_refused_and_fail_the_app() {
        var app = app();
        developer.upload(bits(app), Map.of("x", "y")).error(400, "CF-AppBitsUploadInvalid");
        developer.upload(bits(app), Map.of("resources", "{")).error(400, "CF-AppBitsUploadInvalid");
        developer
                .upload(
                        bits(app),
                        Map.of("resources", "[]", "application", "no zip".getBytes(UTF_8)))
                .expect(400);
        developer
                .upload(bits(app), Map.of("resources", resource("../x", "644")))
                .error(400, "CF-AppResourcesFilePathInvalid");
        developer
                .upload(bits(app), Map.of("resources", resource("x", "100")))
                .error(400, "CF-AppResourcesFileModeInvalid");
    }

    private static String resource(String name, String mode) {
        return Json.write(
                List.of(Map.of("fn", name, "sha1", "0".repeat(40), "size", 70_000, "mode", mode)));
    }

    @Test
    void bits_are_copied_from_another_app() throws IOException {
        var from = app();
        cloud.upload(developer, from);
        var to = app();

        var job =
                developer
                        .post("/v2/apps/" + to + "/copy_bits", Map.of("source_app_guid", from))
                        .expect(201);

        assertThat(cloud.awaitJob(developer, job).path("status").asString()).isEqualTo("finished");
        assertThat(packed(to)).isEqualTo(packed(from));
        developer
                .post("/v2/apps/" + to + "/copy_bits", Map.of())
                .error(400, "CF-AppBitsCopyInvalid");
    }

    @Test
    void a_buildpack_takes_zips_keeps_its_place_and_can_be_locked() {
        var admin = cloud.admin();
        var made = admin.post("/v2/buildpacks", Map.of("name", "bits_pack")).expect(201);
        var path = "/v2/buildpacks/" + made.guid();
        assertThat(made.entity().path("position").asInt()).isEqualTo(1);
        var zip = Zips.of(Map.of("bin/detect", "exit 1"));

        admin.upload(path + "/bits", Map.of("buildpack", zip)).expect(201);
        admin.upload(path + "/bits", Map.of("buildpack", zip)).expect(204);
        admin.upload(path + "/bits", Map.of("buildpack", "text".getBytes(UTF_8)))
                .error(400, "CF-BuildpackBitsUploadInvalid");
        admin.upload(path + "/bits", Map.of("x", zip)).error(400, "CF-BuildpackBitsUploadInvalid");
        admin.put(path, Map.of("locked", true, "position", 99)).expect(201);
        assertThat(admin.get(path).entity().path("position").asInt())
                .isEqualTo(admin.get("/v2/buildpacks").guids().size());
        admin.upload(path + "/bits", Map.of("buildpack", Zips.of(Map.of("a", "b"))))
                .error(409, "CF-BuildpackLocked");
        admin.post("/v2/buildpacks", Map.of("name", "bits_pack"))
                .error(422, "CF-BuildpackNameStackTaken");
        admin.delete(path).expect(204);
        admin.get(path).error(404, "CF-NotFound");
    }
}
